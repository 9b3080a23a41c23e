"""`/workspaces/…/members`: list, look, change, remove, leave."""

from datetime import datetime
from typing import Annotated, Final

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field, StrictInt

from opencode.lib.errors import NotFound
from opencode.lib.paging import OLDEST_FIRST
from workspaces.calls.callers import WorkspaceCall, WorkspaceName, workspace_call
from workspaces.calls.paging import Page, SearchQuery, next_page, place_of
from workspaces.calls.refusals import answers
from workspaces.calls.texts import Body, RoleName
from workspaces.errors import RoleTooHigh
from workspaces.models import Membership, Workspace
from workspaces.roles import can_manage
from workspaces.selectors.members import members
from workspaces.services.memberships import (
    MembershipChanges,
    membership_change,
    membership_leave,
    membership_remove,
)

router = Router()
SCOPES: Final = ("workspace:read",)
ME: Final = "me"
"""Given in place of an id: the caller's own membership."""
HIGHEST_LIMIT: Final = 1_000_000 * 100_000_000


class MemberOut(Schema):
    id: str
    person_id: str
    name: str
    email: str
    role: RoleName
    monthly_limit_micro_cents: Annotated[int | None, Field(description="Of a calendar month; null: none of their own.")]
    joined_at: datetime


class MemberList(Page):
    items: list[MemberOut]


class MemberChange(Body):
    """What is left out stays."""

    role: RoleName | None = None
    monthly_limit_micro_cents: Annotated[
        StrictInt | None, Field(ge=0, le=HIGHEST_LIMIT, description="Of a calendar month; null: none of their own.")
    ] = None

    def changes(self) -> MembershipChanges:
        changes: MembershipChanges = {}
        if self.role is not None:
            changes["role"] = self.role
        if "monthly_limit_micro_cents" in self.model_fields_set:
            changes["monthly_limit"] = self.monthly_limit_micro_cents
        return changes


@router.get(
    "/workspaces/{workspace}/members", response=answers(MemberList), operation_id="members_list", summary="List members"
)
def members_list(request: HttpRequest, workspace: WorkspaceName, page: Query[SearchQuery]) -> MemberList:
    """The longest here first; `search` is for in names and addresses. A key needs `workspace:read`."""
    call = workspace_call(request, workspace, "member.view", scopes=SCOPES)
    rows = members(call.workspace, search=page.search.strip())
    found = OLDEST_FIRST.page(rows, place_of(OLDEST_FIRST, page.after), page.limit)
    return MemberList(items=[_out(row) for row in found.rows], next=next_page(request, found.next))


@router.get(
    "/workspaces/{workspace}/members/{member_id}",
    response=answers(MemberOut),
    operation_id="members_get",
    summary="Get a member",
)
def members_get(request: HttpRequest, workspace: WorkspaceName, member_id: str) -> MemberOut:
    """A key needs `workspace:read`."""
    call = workspace_call(request, workspace, "member.view", scopes=SCOPES)
    return _out(_member(call.workspace, member_id))


@router.patch(
    "/workspaces/{workspace}/members/{member_id}",
    response=answers(MemberOut, 200, 409),
    operation_id="members_change",
    summary="Change a member",
)
def members_change(request: HttpRequest, workspace: WorkspaceName, member_id: str, change: MemberChange) -> MemberOut:
    """Role and monthly limit, all or nothing. Owners and admins, on pages; only owners make or change owners."""
    call = workspace_call(request, workspace, "member.manage")
    row = _manageable(call, member_id)
    membership_change(membership=row, actor=call.actor, **change.changes())
    return _out(row)


@router.delete(
    "/workspaces/{workspace}/members/{member_id}",
    response=answers(None, 204, 409),
    operation_id="members_remove",
    summary="Remove a member, or leave",
)
def members_remove(request: HttpRequest, workspace: WorkspaceName, member_id: str) -> Status[None]:
    """Ends their keys here too, and what they have open. `me` leaves. Otherwise owners and admins, on pages."""
    if member_id == ME:
        call = workspace_call(request, workspace, "workspace.view")
        membership_leave(membership=call.person.membership, actor=call.actor)
    else:
        call = workspace_call(request, workspace, "member.manage")
        row = _member(call.workspace, member_id)
        membership_remove(membership=row, actor=call.actor)
    return Status(204, None)


def _member(workspace: Workspace, member_id: str) -> Membership:
    row = members(workspace).filter(pk=member_id).first()
    if row is None:
        raise NotFound
    return row


def _manageable(call: WorkspaceCall, member_id: str) -> Membership:
    """Raises RoleTooHigh where the person may look at this member but not change them."""
    row = _member(call.workspace, member_id)
    if not can_manage(call.person.role, row.role):
        raise RoleTooHigh
    return row


def _out(row: Membership) -> MemberOut:
    return MemberOut.model_validate(
        {
            "id": row.pk,
            "person_id": row.user_id,
            "name": row.user.display_name,
            "email": row.user.email,
            "role": row.role,
            "monthly_limit_micro_cents": row.monthly_limit,
            "joined_at": row.created_at,
        }
    )
