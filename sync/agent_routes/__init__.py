"""The agents' share protocols over HTTP and WebSocket: an ASGI application beside Django's."""

from sync.agent_routes.application import application
from sync.agent_routes.paths import is_agent_path

__all__ = ["application", "is_agent_path"]
