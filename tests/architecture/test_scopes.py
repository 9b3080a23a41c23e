"""Every scope against every operation of sync; the JSON API's are in `test_tenancy_api.py`."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from opencode.lib.actor import THE_CONSOLE
from sync.models import Session
from tests.cast import make_cast
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_socket import ASGISocket
from workspaces.roles import SCOPES
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)
READ, WRITE, NEW = "ses_1", "ses_1", "ses_new"
ENTRIES = f"/sync/v1/sessions/{READ}/entries"
PUBLISH = {"id": "a", "session": READ, "updates": [{"key": f"session/info/{READ}", "content": 1}]}
REFUSED = {"pull": 403, "events": 403, "ticket": 403, "push": 403, "push new": 403}
ALLOWED: Mapping[str, Mapping[str, int]] = {
    "sync:read": {"pull": 200, "events": 200, "ticket": 200, "push": 403, "push new": 404},
    "sync:write": {"pull": 200, "events": 200, "ticket": 200, "push": 200, "push new": 200},
}
OPENED = {"sync:read": "welcome", "sync:write": "welcome"}
ROLES = {"sync:read": "viewer", "sync:write": "editor"}


@pytest.fixture
async def key_with(sync_runtime: None) -> Any:
    """`await key_with(scope)` is the header of a key with this scope alone, in a workspace with the session ses_1."""

    def make(scope: str) -> dict[str, str]:
        cast = make_cast()
        Session.objects.create(client_id=READ, workspace=cast.alpha, owner_key=cast.alpha.pk)
        made = api_key_create(workspace=cast.alpha, created_by=cast.carol, name="k", scopes=[scope], actor=THE_CONSOLE)
        return {"authorization": f"Bearer {made[1]}"}

    return sync_to_async(make)


@pytest.mark.parametrize("scope", SCOPES)
async def test_scope_opens_what_it_says_and_nothing_else(key_with: Any, scope: str) -> None:
    headers = await key_with(scope)
    new = {**PUBLISH, "session": NEW, "updates": [{"key": f"session/info/{NEW}", "content": 1}]}
    got = {
        "pull": await status("GET", ENTRIES, headers),
        "events": await status("GET", f"/sync/v1/sessions/{READ}/events", headers),
        "ticket": await status("POST", "/sync/v1/tickets", headers, {"session": READ}),
        "push": await status("POST", ENTRIES, headers, PUBLISH),
        "push new": await status("POST", f"/sync/v1/sessions/{NEW}/entries", headers, new),
    }
    assert got == ALLOWED.get(scope, REFUSED)


@pytest.mark.parametrize("scope", SCOPES)
async def test_socket_opens_for_the_scopes_of_sync_alone(key_with: Any, scope: str) -> None:
    async with ASGISocket(f"/sync/v1/sessions/{READ}", await key_with(scope)) as socket:
        first = await socket.frame(OPENED.get(scope, "error"))
    assert first.get("role", first.get("code")) == ROLES.get(scope, "scope_missing")


async def status(method: str, path: str, headers: Mapping[str, str], body: Any = None) -> int:
    async with ASGIEvents(path, dict(headers), method=method, content=json.dumps(body).encode()) as request:
        return request.status
