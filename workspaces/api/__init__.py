"""The JSON API of people, workspaces and keys, one module per resource; `workspaces.calls` has what all share.

The door: `ROUTERS`, which `opencode.web.jsonapi` mounts.
"""

from typing import Final

from ninja import Router

from workspaces.api import audit, configuration, invitations, keys, leaks, me, members, workspaces

ROUTERS: Final[tuple[tuple[str, str, Router], ...]] = (
    ("", "me", me.router),
    ("", "workspaces", workspaces.router),
    ("", "members", members.router),
    ("", "invitations", invitations.router),
    ("", "keys", keys.router),
    ("", "configuration", configuration.router),
    ("", "leaks", leaks.router),
    ("", "audit", audit.router),
)
"""(prefix, tag, router) of each, in the order the documentation shows them."""
