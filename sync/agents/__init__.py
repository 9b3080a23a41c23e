"""The agents' share protocols over HTTP and WebSocket: an ASGI application beside Django's.

The door: the application, and the functions that make it forget remembered rights when facts end them.
"""

from sync.agents.application import application
from sync.agents.invalidation import rights_invalidate, session_invalidate, share_invalidate
from sync.agents.paths import is_agent_path

__all__ = ["application", "is_agent_path", "rights_invalidate", "session_invalidate", "share_invalidate"]
