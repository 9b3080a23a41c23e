"""A publish counts the same by whichever door it comes: its refusal by the code, its key's use once it is kept."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from prometheus_client import REGISTRY

from opencode.asgi import application
from opencode.lib.actor import THE_CONSOLE
from sync.live.runtime import stop_runtime
from sync.models import Session
from tests.cast import make_cast
from tests.support.asgi_socket import HOST, ASGISocket
from workspaces.keys import usage as keyusage
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)
SESSION = "/sync/v1/sessions/ses_1"
KEY = "session/part/ses_1/msg_1/prt_1"
GOOD = [{"key": KEY, "content": 1}]


@dataclass
class Room:
    writing: dict[str, str]
    reading: dict[str, str]


def _make_room() -> Room:
    cast = make_cast()
    Session.objects.create(client_id="ses_1", workspace=cast.alpha, owner_key=cast.alpha.id)
    tokens = [
        api_key_create(workspace=cast.alpha, created_by=cast.carol, name=scope, scopes=[scope], actor=THE_CONSOLE)[1]
        for scope in ("sync:write", "sync:read")
    ]
    return Room(*({"authorization": f"Bearer {token}"} for token in tokens))


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    made = await sync_to_async(_make_room)()
    keyusage.COUNTS.take()
    yield made
    await stop_runtime()


async def by_socket(headers: dict[str, str], updates: list[Any]) -> str:
    async with ASGISocket(SESSION, headers) as socket:
        await socket.frame("snapshot")
        await socket.send({"type": "publish", "id": "a", "updates": updates})
        while (frame := await socket.first())["type"] not in {"ack", "error"}:
            pass
    return str(frame.get("code", "ack"))


async def by_push(headers: dict[str, str], updates: list[Any]) -> str:
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}", trust_env=False) as http:
        content = json.dumps({"id": "a", "updates": updates})
        answer = (await http.post(f"{SESSION}/entries", content=content, headers=headers)).json()
    return str(answer["error"]["code"] if "error" in answer else "ack")


def refused(code: str) -> float:
    return REGISTRY.get_sample_value("opencode_refused_publishes_total", {"code": code}) or 0.0


def uses_of_keys() -> int:
    return sum(publishes for _, publishes in keyusage.COUNTS.take().values())


DOORS = pytest.mark.parametrize("publish", [by_socket, by_push])
Publish = Callable[[dict[str, str], list[Any]], Awaitable[str]]


@DOORS
async def test_kept_publish_is_a_use_of_its_key(room: Room, publish: Publish) -> None:
    assert await publish(room.writing, GOOD) == "ack"
    assert uses_of_keys() == 1


@DOORS
@pytest.mark.parametrize(
    ("updates", "code"),
    [
        ([{"key": "session/part/other/m/p", "content": 1}], "key_foreign"),
        ([{"key": "nonsense", "content": 1}], "key_malformed"),
        ([{"key": KEY}], "updates_malformed"),
        ([{"key": KEY, "content": "x" * 200}], "entry_too_large"),
        ([{"key": f"{KEY}{number}", "content": 1} for number in range(3)], "session_full"),
    ],
)
async def test_refused_publish_is_counted_by_its_code_and_is_no_use(
    room: Room, publish: Publish, updates: list[Any], code: str, settings: LazySettings
) -> None:
    settings.SYNC_ENTRY_BYTES = 100
    settings.SYNC_SESSION_ENTRIES = 2
    before = refused(code)
    assert await publish(room.writing, updates) == code
    assert (refused(code) - before, uses_of_keys()) == (1, 0)


@DOORS
async def test_reader_that_publishes_is_counted(room: Room, publish: Publish) -> None:
    before = refused("publish_forbidden")
    assert await publish(room.reading, GOOD) == "publish_forbidden"
    assert (refused("publish_forbidden") - before, uses_of_keys()) == (1, 0)


@DOORS
async def test_publish_that_comes_too_fast_is_counted(room: Room, publish: Publish, settings: LazySettings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 1
    before = refused("too_many_requests")
    assert await publish(room.writing, GOOD) == "ack"
    assert await publish(room.writing, GOOD) == "too_many_requests"
    assert (refused("too_many_requests") - before, uses_of_keys()) == (1, 1)
