"""The agents' share protocols over HTTP and WebSocket: an ASGI application beside Django's.

The door: the application, and the functions that make it forget remembered rights when facts end them.
"""

from sync.agents.application import application
from sync.agents.forgetting import rights_forget, session_forget, share_forget
from sync.agents.paths import is_agent_path

__all__ = ["application", "is_agent_path", "rights_forget", "session_forget", "share_forget"]
