"""Who reads usage and limits, and whose: all of a workspace, a person's own, or a key's own."""

from dataclasses import dataclass
from typing import Annotated, Final

from django.http import HttpRequest
from ninja.params.models import Query

from opencode.lib.errors import FieldsInvalid, Forbidden
from workspaces.access import KeyAccess, key_workspace
from workspaces.calls.callers import WorkspaceCall, caller_of, workspace_call
from workspaces.models import APIKey, Membership
from workspaces.roles import SCOPES, is_allowed

ALL: Final = "usage.view_all"

WorkspaceChoice = Annotated[
    str | None, Query(None, description="Its id or its slug. A key belongs to one workspace and need not name it.")
]


@dataclass(frozen=True)
class Reach:
    """`member_id` or `key_id` (that of the first key of its rotation) narrow what may be read; None does not."""

    call: WorkspaceCall
    member_id: str | None = None
    key_id: str | None = None

    def require_all(self) -> None:
        """Raises Forbidden for a caller who reads only their own."""
        if self.member_id is not None or self.key_id is not None:
            raise Forbidden


def usage_reach(request: HttpRequest, workspace: str | None) -> Reach:
    """Owners and admins reach all of the workspace, members and their agents what is theirs.

    A key with `usage:read` reaches what its person does, one of the workspace reaches all; without that scope it
    reaches its own. Raises as `workspace_call` does.
    """
    key = caller_of(request).key
    call = workspace_call(request, named(request, workspace), "usage.view", scopes=tuple(SCOPES))
    if key is None:
        return Reach(call) if call.can(ALL) else Reach(call, member_id=call.caller.id)
    if "usage:read" not in key.scopes:
        return Reach(call, key_id=root_of(key))
    return Reach(call, member_id=None if _reaches_all(key) else key.user_id)


def named(request: HttpRequest, workspace: str | None) -> str:
    """The workspace that was named, or the calling key's own. Raises FieldsInvalid when a person names none."""
    key = caller_of(request).key
    if workspace:
        return workspace
    if key is None:
        raise FieldsInvalid(fields={"workspace": ["Name a workspace, by its id or its slug."]})
    return key_workspace(key).pk


def root_of(key: KeyAccess) -> str:
    """The id of the first key of its rotation, under which limits and usage are counted."""
    return APIKey.objects.values_list("root_id", flat=True).get(pk=key.key_id) or key.key_id


def _reaches_all(key: KeyAccess) -> bool:
    if key.membership_id is None:
        return True
    role = Membership.objects.filter(pk=key.membership_id).values_list("role", flat=True).first()
    return is_allowed(role or "", ALL)
