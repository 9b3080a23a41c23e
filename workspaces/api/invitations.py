"""`/workspaces/…/invitations`: for people who manage members. Accepting one is up to the person, on its page."""

from datetime import datetime
from typing import Annotated, Final, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from opencode.lib.paging import NEWEST_FIRST
from workspaces.calls.callers import WorkspaceCall, WorkspaceName, workspace_call
from workspaces.calls.paging import Page, SearchQuery, next_page, place_of
from workspaces.calls.refusals import answers
from workspaces.calls.repeats import REPEATABLE, repeatable
from workspaces.calls.texts import Body, MailAddress, RoleName
from workspaces.models import Invitation
from workspaces.selectors.invitations import invitation_state, invitations
from workspaces.services.invitations import invitation_create, invitation_resend, invitation_revoke

router = Router()
PATH: Final = "/workspaces/{workspace}/invitations"
PERMISSION: Final = "member.manage"


class InvitationOut(Schema):
    """Never the link: it is in the mail only."""

    id: str
    email: str
    role: RoleName
    state: Literal["open", "accepted", "revoked", "expired"]
    invited_by_id: str | None
    sent_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


class InvitationList(Page):
    items: list[InvitationOut]


class InvitationNew(Body):
    email: MailAddress
    role: Annotated[RoleName, Field(description="Only owners ask owners in.")] = "member"


@router.get(PATH, response=answers(InvitationList), operation_id="invitations_list", summary="List invitations")
def invitations_list(request: HttpRequest, workspace: WorkspaceName, page: Query[SearchQuery]) -> InvitationList:
    """The newest first, those that have ended included; `search` is for in addresses."""
    call = workspace_call(request, workspace, PERMISSION)
    rows = invitations(call.workspace, search=page.search.strip())
    found = NEWEST_FIRST.page(rows, place_of(NEWEST_FIRST, page.after), page.limit)
    return InvitationList(items=[_out(row) for row in found.rows], next=next_page(request, found.next))


@router.post(
    PATH,
    response=answers(InvitationOut, 201, 409),
    operation_id="invitations_create",
    summary="Invite a person",
    openapi_extra=REPEATABLE,
)
@repeatable(lambda request, workspace, new: workspace_call(request, workspace, PERMISSION).person)
def invitations_create(request: HttpRequest, workspace: WorkspaceName, new: InvitationNew) -> InvitationOut:
    """By mail, for seven days. An address that was asked already is sent another mail, with this role."""
    call = workspace_call(request, workspace, PERMISSION)
    invitation = invitation_create(
        workspace=call.workspace,
        email=new.email,
        role=new.role,
        actor=call.actor,
    )
    return _out(invitation)


@router.get(
    PATH + "/{invitation_id}",
    response=answers(InvitationOut),
    operation_id="invitations_get",
    summary="Get an invitation",
)
def invitations_get(request: HttpRequest, workspace: WorkspaceName, invitation_id: str) -> InvitationOut:
    """Owners and admins, on pages."""
    return _out(_invitation(workspace_call(request, workspace, PERMISSION), invitation_id))


@router.post(
    PATH + "/{invitation_id}/mails",
    response=answers(InvitationOut, 201, 409),
    operation_id="invitations_resend",
    summary="Send an invitation again",
    openapi_extra=REPEATABLE,
)
@repeatable(lambda request, workspace, invitation_id: workspace_call(request, workspace, PERMISSION).person)
def invitations_resend(request: HttpRequest, workspace: WorkspaceName, invitation_id: str) -> InvitationOut:
    """Another mail with another link; the one before ends. An expired invitation opens again."""
    call = workspace_call(request, workspace, PERMISSION)
    row = _invitation(call, invitation_id)
    return _out(invitation_resend(invitation=row, actor=call.actor))


@router.delete(
    PATH + "/{invitation_id}",
    response=answers(None, 204),
    operation_id="invitations_revoke",
    summary="Revoke an invitation",
)
def invitations_revoke(request: HttpRequest, workspace: WorkspaceName, invitation_id: str) -> Status[None]:
    """Its link ends; one that was accepted or had ended stays as it is."""
    call = workspace_call(request, workspace, PERMISSION)
    invitation_revoke(invitation=_invitation(call, invitation_id), actor=call.actor)
    return Status(204, None)


def _invitation(call: WorkspaceCall, invitation_id: str) -> Invitation:
    row = invitations(call.workspace).filter(pk=invitation_id).first()
    if row is None:
        raise NotFound
    return row


def _out(row: Invitation) -> InvitationOut:
    return InvitationOut.model_validate(
        {
            "id": row.pk,
            "email": row.email,
            "role": row.role,
            "state": invitation_state(row, now=utc_now()),
            "invited_by_id": row.invited_by_id,
            "sent_at": row.sent_at,
            "expires_at": row.expires_at,
            "accepted_at": row.accepted_at,
            "revoked_at": row.revoked_at,
        }
    )
