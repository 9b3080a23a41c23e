"""The JSON API of usage, limits and balance. The door: `ROUTERS`, which `opencode.web.jsonapi` mounts."""

from typing import Final

from ninja import Router

from billing.api import recording, spending, usage  # noqa: F401  (each adds its operations to its router)
from billing.api.routing import USAGE

ROUTERS: Final[tuple[tuple[str, str, Router], ...]] = (("", "usage", USAGE), ("", "usage", spending.router))
"""(prefix, tag, router) of each, in the order the documentation shows them."""
