"""`/me`: who calls."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from accounts.models import User
from workspaces.access import KeyAccess
from workspaces.calls.callers import caller_of
from workspaces.calls.refusals import answers
from workspaces.models import APIKey

router = Router()


class Person(Schema):
    id: str
    email: str
    name: str
    joined_at: datetime


class CallingKey(Schema):
    id: str
    name: str
    prefix: str
    scopes: list[str]
    workspace_id: str
    person_id: Annotated[str | None, Field(description="Whose key it is; null for a key of the workspace.")]
    expires_at: datetime | None


class Me(Schema):
    """Either a person, on a page or by their agent, or a key."""

    kind: Literal["person", "device", "key"]
    person: Person | None
    device_id: Annotated[str | None, Field(description="The signed-in agent that calls for the person.")]
    key: CallingKey | None


@router.get("/me", response=answers(Me), summary="Get the caller", operation_id="me_get")
def me_get(request: HttpRequest) -> Me:
    """Says whom your credentials stand for. Any live key may ask."""
    caller = caller_of(request)
    if caller.user is None:
        return Me(kind="key", person=None, device_id=None, key=_key(caller.require_key()))
    person = _person(caller.user)
    if caller.device is None:
        return Me(kind="person", person=person, device_id=None, key=None)
    return Me(kind="device", person=person, device_id=caller.device.device_id, key=None)


def _person(user: User) -> Person:
    return Person(id=user.pk, email=user.email, name=user.display_name, joined_at=user.date_joined)


def _key(access: KeyAccess) -> CallingKey:
    key = APIKey.objects.get(pk=access.key_id)
    return CallingKey(
        id=key.pk,
        name=key.name,
        prefix=key.prefix,
        scopes=sorted(access.scopes),
        workspace_id=access.workspace_id,
        person_id=access.user_id,
        expires_at=key.expires_at,
    )
