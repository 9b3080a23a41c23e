"""What a role may do in its workspace, and what a key's scope opens. Pure rules."""

from collections.abc import Mapping
from typing import Final

OWNER: Final = "owner"
ADMIN: Final = "admin"
MEMBER: Final = "member"

_MEMBER: Final = frozenset(
    {
        "workspace.view",
        "session.view",
        "session.publish",
        "session.share",
        "key.view",
        "key.create",
        "token.view",
        "member.view",
        "config.view",
        "usage.view",
        "usage.record",
        "model.view",
        "model.call",
    }
)
_ADMIN: Final = _MEMBER | {
    "session.delete",
    "session.restore",
    "link.rules",
    "key.manage_all",
    "token.manage",
    "member.manage",
    "config.edit",
    "workspace.rename",
    "webhook.manage",
    "github.manage",
    "model.manage",
    "audit.view",
    "usage.view_all",
    "budget.set",
}
_OWNER: Final = _ADMIN | {
    "workspace.delete",
    "workspace.handover",
    "workspace.export",
    "billing.manage",
    "steering.set",
}

PERMISSIONS: Final[Mapping[str, frozenset[str]]] = {OWNER: _OWNER, ADMIN: _ADMIN, MEMBER: _MEMBER}

# Every scope a key can carry, and whether an operation uses it today. Stored keys hold the names: never change one.
SCOPES: Final[Mapping[str, str]] = {
    "sync:read": "Read sessions and follow them live",
    "sync:write": "Publish to sessions",
    "models": "Call models through the gateway",
    "usage:read": "Read usage, limits and balance",
    "usage:write": "Record usage",
    "workspace:read": "Read the workspace and its members",
}
OFFERED_SCOPES: Final = ("sync:read", "sync:write", "models", "usage:read", "usage:write", "workspace:read")
CHOSEN_SCOPES: Final = ("sync:read", "sync:write")
"""What a new key has unless its maker chooses otherwise."""


ROLES: Final = (OWNER, ADMIN, MEMBER)


def can_manage(by_role: str, role: str) -> bool:
    """Whether `by_role` may give `role` and change those who have it: owners any, admins any but owner."""
    return by_role == OWNER or (by_role == ADMIN and role in {ADMIN, MEMBER})


def is_allowed(role: str, permission: str) -> bool:
    """Whether `role` grants `permission`; an unknown role grants nothing. ValueError: unknown permission."""
    if permission not in _OWNER:
        raise ValueError(f"no such permission: {permission}")
    return permission in PERMISSIONS.get(role, frozenset())
