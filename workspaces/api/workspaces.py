"""`/workspaces`: list, make, look, change, delete."""

from datetime import datetime
from typing import Annotated, Final

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from workspaces.access import key_workspace
from workspaces.calls.callers import WorkspaceCall, WorkspaceName, caller_of, workspace_call
from workspaces.calls.paging import Page, PageQuery, next_page, place_of
from workspaces.calls.refusals import answers
from workspaces.calls.repeats import REPEATABLE, repeatable
from workspaces.calls.texts import Body, Name, RoleName, Slug
from workspaces.models import Workspace
from workspaces.selectors.workspaces import MEMBERSHIPS, memberships_of
from workspaces.services.deletions import workspace_delete
from workspaces.services.slugs import workspace_slug_set
from workspaces.services.workspaces import workspace_create, workspace_rename

router = Router()
SCOPES: Final = ("workspace:read",)


class WorkspaceOut(Schema):
    id: str
    slug: Annotated[str, Field(description="The name in addresses; the id works everywhere too, and for good.")]
    name: str
    role: Annotated[RoleName | None, Field(description="Yours; null for a key.")]
    created_at: datetime


class WorkspaceList(Page):
    items: list[WorkspaceOut]


class WorkspaceNew(Body):
    name: Name


class WorkspaceChange(Body):
    """What is left out stays."""

    name: Name | None = None
    slug: Annotated[Slug | None, Field(description="Links below the one before redirect; its id stays.")] = None


@router.get("/workspaces", response=answers(WorkspaceList), operation_id="workspaces_list", summary="List workspaces")
def workspaces_list(request: HttpRequest, page: Query[PageQuery]) -> WorkspaceList:
    """Yours, the oldest first; for a key with `workspace:read` the one it belongs to."""
    caller = caller_of(request)
    if caller.user is None:
        key = caller.require_key()
        key.require(SCOPES[0])
        return WorkspaceList(items=[_out(key_workspace(key), None)])
    memberships = memberships_of(caller.user)
    found = MEMBERSHIPS.page(memberships, place_of(MEMBERSHIPS, page.after), page.limit)
    items = [_out(one.workspace, one.role) for one in found.rows]
    return WorkspaceList(items=items, next=next_page(request, found.next))


@router.post(
    "/workspaces",
    response=answers(WorkspaceOut, 201, 409),
    operation_id="workspaces_create",
    summary="Create a workspace",
    openapi_extra=REPEATABLE,
)
@repeatable(lambda request, new: caller_of(request).require_person())
def workspaces_create(request: HttpRequest, new: WorkspaceNew) -> WorkspaceOut:
    """You own it. People only."""
    caller = caller_of(request)
    workspace = workspace_create(owner=caller.require_person(), name=new.name, actor=caller.actor)
    return _out(workspace, "owner")


@router.get(
    "/workspaces/{workspace}", response=answers(WorkspaceOut), operation_id="workspaces_get", summary="Get a workspace"
)
def workspaces_get(request: HttpRequest, workspace: WorkspaceName) -> WorkspaceOut:
    """By its id or its slug. A key needs `workspace:read`."""
    return _answer(workspace_call(request, workspace, "workspace.view", scopes=SCOPES))


@router.patch(
    "/workspaces/{workspace}",
    response=answers(WorkspaceOut, 200, 409),
    operation_id="workspaces_change",
    summary="Change a workspace",
)
def workspaces_change(request: HttpRequest, workspace: WorkspaceName, change: WorkspaceChange) -> WorkspaceOut:
    """Its name, its slug; all that is asked for, or nothing. Owners and admins, on pages."""
    call = workspace_call(request, workspace, "workspace.rename")
    with transaction.atomic():
        if change.slug is not None:
            workspace_slug_set(workspace=call.workspace, slug=change.slug, actor=call.actor)
        if change.name is not None:
            workspace_rename(workspace=call.workspace, name=change.name, actor=call.actor)
    return _answer(call)


@router.delete(
    "/workspaces/{workspace}",
    response=answers(None, 204),
    operation_id="workspaces_delete",
    summary="Delete a workspace",
)
def workspaces_delete(request: HttpRequest, workspace: WorkspaceName) -> Status[None]:
    """Closes it for everyone at once; its owners can restore it on its page for 30 days. Owners only."""
    call = workspace_call(request, workspace, "workspace.delete")
    workspace_delete(workspace=call.workspace, actor=call.actor)
    return Status(204, None)


def _answer(call: WorkspaceCall) -> WorkspaceOut:
    return _out(call.workspace, call.access.role if call.access is not None else None)


def _out(workspace: Workspace, role: str | None) -> WorkspaceOut:
    return WorkspaceOut.model_validate(
        {
            "id": workspace.pk,
            "slug": workspace.slug,
            "name": workspace.name,
            "role": role,
            "created_at": workspace.created_at,
        }
    )
