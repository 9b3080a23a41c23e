"""`/workspaces/…/sessions/…/shares`: the links to a session, those of agents too."""

from datetime import datetime
from typing import Annotated, Final, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from opencode.lib.errors import NotFound
from sync.api.sessions import READ, Maker, maker_of, session_of
from sync.models import Share
from sync.sharing import SHARES, session_shares, share_link_create, share_link_end, share_masking_set, share_state
from workspaces.calls.callers import WorkspaceCall, WorkspaceName, workspace_call
from workspaces.calls.paging import Page, PageQuery, next_page, place_of
from workspaces.calls.refusals import answers
from workspaces.calls.repeats import REPEATABLE, repeatable
from workspaces.calls.texts import Body, ExpiresAt

router = Router()
PATH: Final = "/workspaces/{workspace}/sessions/{session_id}/shares"
WRITE: Final = ("sync:write",)


class ShareOut(Schema):
    id: str
    url: Annotated[str, Field(description="Whoever has it may read the session while the link lives.")]
    visibility: Annotated[
        Literal["link", "public", "members"],
        Field(
            description="`public`: search engines may list it. `members`: it opens for members of the workspace only."
        ),
    ]
    made_by: Annotated[Literal["agent", "person"], Field(description="An agent's link is also the way it writes.")]
    created_by: Maker | None
    state: Literal["live", "ended", "expired"]
    masks_secrets: Annotated[bool, Field(description="Whether its readers see recognised secrets masked.")]
    created_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None


class ShareList(Page):
    items: list[ShareOut]


class ShareNew(Body):
    visibility: Literal["link", "public", "members"] = "link"
    expires_at: Annotated[
        ExpiresAt | None, Field(description="When it ends by itself; null: as late as the workspace allows, or never.")
    ] = None


class ShareChange(Body):
    masks_secrets: Annotated[bool, Field(description="False: readers of the link see the secrets too.")]


@router.get(PATH, response=answers(ShareList), operation_id="shares_list", summary="List a session's links")
def shares_list(request: HttpRequest, workspace: WorkspaceName, session_id: str, page: Query[PageQuery]) -> ShareList:
    """The newest first, ended ones included. A key needs `sync:read` or `sync:write`."""
    call = workspace_call(request, workspace, "session.view", scopes=READ)
    found = SHARES.page(session_shares(session_of(call, session_id)), place_of(SHARES, page.after), page.limit)
    return ShareList(items=[_out(share) for share in found.rows], next=next_page(request, found.next))


@router.post(
    PATH,
    response=answers(ShareOut, 201, 409),
    operation_id="shares_create",
    summary="Create a link",
    openapi_extra=REPEATABLE,
)
@repeatable(lambda request, workspace, session_id, new: session_of(_sharing(request, workspace), session_id))
def shares_create(request: HttpRequest, workspace: WorkspaceName, session_id: str, new: ShareNew) -> ShareOut:
    """A key needs `sync:write`."""
    call = _sharing(request, workspace)
    share = share_link_create(
        session=session_of(call, session_id),
        actor=call.actor,
        visibility=new.visibility,
        expires_at=new.expires_at,
    )
    return _out(share)


@router.delete(PATH + "/{share_id}", response=answers(None, 204), operation_id="shares_end", summary="Revoke a link")
def shares_end(request: HttpRequest, workspace: WorkspaceName, session_id: str, share_id: str) -> Status[None]:
    """Disconnects its readers; one that has ended stays as it is. A key needs `sync:write`."""
    call = workspace_call(request, workspace, "session.share", scopes=WRITE)
    share_link_end(share=_share(call, session_id, share_id), actor=call.actor)
    return Status(204, None)


@router.patch(
    PATH + "/{share_id}", response=answers(ShareOut), operation_id="shares_change", summary="Mask secrets, or show them"
)
def shares_change(
    request: HttpRequest, workspace: WorkspaceName, session_id: str, share_id: str, change: ShareChange
) -> ShareOut:
    """Its readers start again with what they see from now on; a link that has ended stays as it is.

    A key needs `sync:write`.
    """
    call = _sharing(request, workspace)
    share = _share(call, session_id, share_id)
    share_masking_set(share=share, masks_secrets=change.masks_secrets, actor=call.actor)
    share.refresh_from_db(fields=["masks_secrets"])
    return _out(share)


def _share(call: WorkspaceCall, session_id: str, share_id: str) -> Share:
    share = session_shares(session_of(call, session_id)).filter(pk=share_id).first()
    if share is None:
        raise NotFound
    return share


def _sharing(request: HttpRequest, workspace: str) -> WorkspaceCall:
    return workspace_call(request, workspace, "session.share", scopes=WRITE)


def _out(share: Share) -> ShareOut:
    return ShareOut.model_validate(
        {
            "id": share.pk,
            "url": settings.PUBLIC_URL + reverse("sync:share", args=[share.pk]),
            "visibility": share.visibility,
            "made_by": "agent" if share.is_agents else "person",
            "created_by": maker_of(share.created_by),
            "state": share_state(share),
            "masks_secrets": share.masks_secrets,
            "created_at": share.created_at,
            "expires_at": share.expires_at,
            "ended_at": share.revoked_at,
        }
    )
