"""The agents' share protocols over HTTP and WebSocket: an ASGI application beside Django's."""

from sync.agents.application import application
from sync.agents.paths import is_agent_path

__all__ = ["application", "is_agent_path"]
