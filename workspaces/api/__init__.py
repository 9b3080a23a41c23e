"""The JSON API of people, workspaces and keys, a module a resource."""

from typing import Final

from ninja import Router

from workspaces.api import keys, me, workspaces

ROUTERS: Final[tuple[tuple[str, str, Router], ...]] = (
    ("", "me", me.router),
    ("", "workspaces", workspaces.router),
    ("", "keys", keys.router),
)
"""(prefix, tag, router) of each, in the order the documentation shows them."""
