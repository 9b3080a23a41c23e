"""The HTTP routes and the socket of the agents' share protocols (placeholder until the routes land)."""

from typing import Any


def is_agent_path(path: str) -> bool:
    return False


async def application(scope: Any, receive: Any, send: Any) -> None:
    raise NotImplementedError
