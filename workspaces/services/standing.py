"""What the acting person may do now: read again under the lock of the workspace's row, which the caller holds.

A page read its person's role before it waited for the lock; meanwhile they may have been removed.
"""

from opencode.lib.actor import PERSON, SYSTEM, Actor
from opencode.lib.errors import Forbidden, NotFound
from workspaces.errors import RoleTooHigh
from workspaces.models import Membership
from workspaces.roles import can_manage, is_allowed


def role_now(workspace_id: str, user_id: str | None) -> str:
    """The role of a person who is a member and not suspended; empty otherwise."""
    rows = Membership.objects.filter(workspace_id=workspace_id, user_id=user_id, user__is_active=True)
    return rows.values_list("role", flat=True).first() or ""


def require_manages(workspace_id: str, actor: Actor, *roles: str) -> None:
    """Raises RoleTooHigh unless the acting person manages all the `roles` now; keys, devices and staff manage none.

    The console itself, which acts for its operator, manages all.
    """
    if actor.kind == SYSTEM:
        return
    role = role_now(workspace_id, actor.id) if actor.kind == PERSON else ""
    if not all(can_manage(role, each) for each in roles):
        raise RoleTooHigh


def require_allowed(workspace_id: str, user_id: str, permission: str) -> None:
    """Raises NotFound when the person is no longer a member, Forbidden when their role is too low by now."""
    role = role_now(workspace_id, user_id)
    if not role:
        raise NotFound
    if not is_allowed(role, permission):
        raise Forbidden
