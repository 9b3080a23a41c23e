"""The JSON API of sessions and their share links. The door: `ROUTERS`, which `opencode.web.jsonapi` mounts."""

from typing import Final

from ninja import Router

from sync.api import sessions, shares

ROUTERS: Final[tuple[tuple[str, str, Router], ...]] = (
    ("", "sessions", sessions.router),
    ("", "shares", shares.router),
)
"""(prefix, tag, router) of each, in the order the documentation shows them."""
