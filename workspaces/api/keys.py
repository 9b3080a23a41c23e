"""`/workspaces/…/keys`: API keys, for people only: no key creates or revokes another."""

from datetime import datetime
from typing import Annotated, Final, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from ninja import Query, Router, Schema, Status
from pydantic import AfterValidator, Field, StrictInt

from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden, NotFound
from opencode.lib.paging import NEWEST_FIRST
from workspaces.calls.callers import WorkspaceCall, WorkspaceName, workspace_call
from workspaces.calls.paging import Page, PageQuery, next_page, place_of
from workspaces.calls.refusals import answers
from workspaces.calls.repeats import REPEATABLE, repeatable
from workspaces.calls.texts import Body, ExpiresAt, Name
from workspaces.models import APIKey
from workspaces.roles import OFFERED_SCOPES
from workspaces.selectors.credentials import api_keys
from workspaces.services.api_keys import api_key_create, api_key_limit_set, api_key_revoke
from workspaces.services.key_rotation import OVERLAPS, api_key_rotate

router = Router()
HIGHEST_LIMIT: Final = 1_000_000 * 100_000_000


def offered(scope: str) -> str:
    if scope not in OFFERED_SCOPES:
        raise ValueError(f"Keys carry {', '.join(OFFERED_SCOPES)}.")
    return scope


def overlap(hours: int) -> int:
    if hours not in OVERLAPS:
        raise ValueError(f"The old key can go on for {', '.join(map(str, OVERLAPS))} hours.")
    return hours


Scope = Annotated[str, AfterValidator(offered), Field(json_schema_extra={"enum": list(OFFERED_SCOPES)})]


class KeyOut(Schema):
    id: str
    name: str
    prefix: Annotated[str, Field(description="How the key begins; the rest was shown once.")]
    scopes: list[str]
    person_id: Annotated[str | None, Field(description="Whose key it is; null for a key of the workspace.")]
    state: Literal["live", "revoked", "expired"]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Field(description="To the minute.")]
    monthly_limit_micro_cents: Annotated[int | None, Field(description="Of a calendar month; null: none of its own.")]


class KeyMade(KeyOut):
    secret: Annotated[str, Field(description="The key itself. It is nowhere else: keep it.")]


class KeyList(Page):
    items: list[KeyOut]


class KeyNew(Body):
    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    expires_at: Annotated[ExpiresAt | None, Field(description="When it ends by itself; null: never.")]
    is_service_key: Annotated[
        bool, Field(description="Belongs to the workspace, not to you. Owners and admins only.")
    ] = False


class KeyChange(Body):
    monthly_limit_micro_cents: Annotated[
        StrictInt | None, Field(ge=0, le=HIGHEST_LIMIT, description="Of a calendar month; null: none of its own.")
    ]


class KeyRotation(Body):
    overlap_hours: Annotated[
        int,
        AfterValidator(overlap),
        Field(json_schema_extra={"enum": list(OVERLAPS)}, description="How long the old key goes on; 0 ends it now."),
    ]


@router.get(
    "/workspaces/{workspace}/keys", response=answers(KeyList), operation_id="keys_list", summary="List API keys"
)
def keys_list(request: HttpRequest, workspace: WorkspaceName, page: Query[PageQuery]) -> KeyList:
    """The newest first: yours; for owners and admins everybody's. People only."""
    keys = _keys(workspace_call(request, workspace, "key.view"))
    found = NEWEST_FIRST.page(keys, place_of(NEWEST_FIRST, page.after), page.limit)
    return KeyList(items=[_out(key) for key in found.rows], next=next_page(request, found.next))


def _may_create(request: HttpRequest, workspace: WorkspaceName, new: KeyNew) -> WorkspaceCall:
    call = workspace_call(request, workspace, "key.create")
    if new.is_service_key and not call.can("key.manage_all"):
        raise Forbidden
    return call


def _may_rotate(request: HttpRequest, workspace: WorkspaceName, key_id: str, rotation: KeyRotation) -> WorkspaceCall:
    call = workspace_call(request, workspace, "key.view")
    key = _key(call, key_id)
    may = key.user_id == call.person.user.pk if key.user_id else call.can("key.manage_all")
    if not may:
        raise Forbidden
    return call


@router.post(
    "/workspaces/{workspace}/keys",
    response=answers(KeyMade, 201, 409),
    operation_id="keys_create",
    summary="Create an API key",
    openapi_extra=REPEATABLE,
)
@repeatable(_may_create)
@sensitive_variables("secret")
def keys_create(request: HttpRequest, workspace: WorkspaceName, new: KeyNew) -> KeyMade:
    """The answer is the one that ever shows the key. People only."""
    call = _may_create(request, workspace, new)
    key, secret = api_key_create(
        workspace=call.workspace,
        created_by=call.person.user,
        name=new.name,
        scopes=new.scopes,
        expires_at=new.expires_at,
        is_service_key=new.is_service_key,
        actor=call.actor,
    )
    return KeyMade(**_out(key).model_dump(), secret=secret)


@router.get(
    "/workspaces/{workspace}/keys/{key_id}", response=answers(KeyOut), operation_id="keys_get", summary="Get an API key"
)
def keys_get(request: HttpRequest, workspace: WorkspaceName, key_id: str) -> KeyOut:
    """People only."""
    return _out(_key(workspace_call(request, workspace, "key.view"), key_id))


@router.patch(
    "/workspaces/{workspace}/keys/{key_id}",
    response=answers(KeyOut),
    operation_id="keys_change",
    summary="Change an API key",
)
def keys_change(request: HttpRequest, workspace: WorkspaceName, key_id: str, change: KeyChange) -> KeyOut:
    """Its monthly limit, which the keys it follows and those that follow it share. Owners and admins, on pages."""
    call = workspace_call(request, workspace, "key.view")
    key = _key(call, key_id)
    if not call.can("key.manage_all"):
        raise Forbidden
    api_key_limit_set(key=key, monthly_limit=change.monthly_limit_micro_cents, actor=call.actor)
    return _out(key)


@router.post(
    "/workspaces/{workspace}/keys/{key_id}/rotations",
    response=answers(KeyMade, 201, 409),
    operation_id="keys_rotate",
    summary="Rotate an API key",
    openapi_extra=REPEATABLE,
)
@repeatable(_may_rotate)
@sensitive_variables("secret")
def keys_rotate(request: HttpRequest, workspace: WorkspaceName, key_id: str, rotation: KeyRotation) -> KeyMade:
    """The key that follows, shown once. Your own keys; for owners and admins those of the workspace too."""
    call = _may_rotate(request, workspace, key_id, rotation)
    following, secret = api_key_rotate(
        key=_key(call, key_id), rotated_by=call.person.user, overlap_hours=rotation.overlap_hours, actor=call.actor
    )
    return KeyMade(**_out(following).model_dump(), secret=secret)


@router.delete(
    "/workspaces/{workspace}/keys/{key_id}",
    response=answers(None, 204),
    operation_id="keys_revoke",
    summary="Revoke an API key",
)
def keys_revoke(request: HttpRequest, workspace: WorkspaceName, key_id: str) -> Status[None]:
    """Ends it at once, with whatever it holds open; a key that has ended stays as it is. People only."""
    call = workspace_call(request, workspace, "key.view")
    api_key_revoke(key=_key(call, key_id), actor=call.actor)
    return Status(204, None)


def _keys(call: WorkspaceCall) -> QuerySet[APIKey]:
    return api_keys(call.workspace, only_of=None if call.can("key.manage_all") else call.person.user)


def _key(call: WorkspaceCall, key_id: str) -> APIKey:
    key = _keys(call).filter(pk=key_id).first()
    if key is None:
        raise NotFound
    return key


def _out(key: APIKey) -> KeyOut:
    return KeyOut.model_validate(
        {
            "id": key.pk,
            "name": key.name,
            "prefix": key.prefix,
            "scopes": key.scopes,
            "person_id": key.user_id,
            "state": _state(key),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
            "last_used_at": key.last_used_at,
            "monthly_limit_micro_cents": key.monthly_limit,
        }
    )


def _state(key: APIKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= utc_now() else "live"
