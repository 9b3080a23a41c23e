"""Who is here: people of this process and of others come, say what they do, go, and are forgotten."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from opencode.lib.actor import THE_CONSOLE
from sync.live import presence
from sync.live.runtime import get_runtime, stop_runtime
from sync.models import Session, Share
from tests.cast import make_cast
from tests.support.asgi_socket import ASGISocket
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)
TARGET = "/sync/v1/sessions/ses_1"
HEARTBEAT_SECONDS = 0.2


def _make_session() -> tuple[Session, Share, dict[str, str]]:
    cast = make_cast()
    session = Session.objects.create(client_id="ses_1", workspace=cast.alpha, owner_key=cast.alpha.id)
    share = Share.objects.create(session=session, secret_version=1)
    _, key = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="k", scopes=["sync:read"], actor=THE_CONSOLE
    )
    return session, share, {"authorization": f"Bearer {key}"}


@pytest_asyncio.fixture
async def at_session(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Session, Share, dict[str, str]]]:
    settings.SYNC_HEARTBEAT_SECONDS = HEARTBEAT_SECONDS
    monkeypatch.setattr(presence, "MERGE_SECONDS", 0.02)
    yield await sync_to_async(_make_session)()
    await stop_runtime()


async def people_when(socket: ASGISocket, count: int) -> list[dict[str, Any]]:
    while True:
        frame = await socket.frame("presence")
        if frame["count"] == count:
            return list(frame["people"])


async def test_readers_see_each_other_come_and_go(at_session: tuple[Session, Share, dict[str, str]]) -> None:
    _, _, key = at_session
    async with ASGISocket(TARGET, key) as first:
        async with ASGISocket(TARGET, key, "client=desktop"):
            people = await people_when(first, 2)
        assert sorted(person["kind"] for person in people) == ["desktop", "ide"]
        assert {person["name"] for person in people} == {"Carol"}
        await people_when(first, 1)


async def test_whoever_has_only_the_link_learns_no_names(at_session: tuple[Session, Share, dict[str, str]]) -> None:
    _, share, key = at_session
    async with ASGISocket(TARGET, key) as member, ASGISocket(f"/sync/v1/sessions/{share.id}") as visitor:
        await member.send({"type": "presence", "state": {"doing": "review"}})
        seen_by_visitor = await people_when(visitor, 2)
        seen_by_member = await people_when(member, 2)
    assert [(person["name"], person["state"]) for person in seen_by_visitor] == [("", {})] * 2
    assert {person["name"] for person in seen_by_member} == {"Carol", ""}


async def test_state_reaches_the_others(at_session: tuple[Session, Share, dict[str, str]]) -> None:
    _, _, key = at_session
    async with ASGISocket(TARGET, key) as first, ASGISocket(TARGET, key) as second:
        await people_when(first, 2)
        await second.send({"type": "presence", "state": {"doing": "review"}})
        states: list[dict[str, Any]] = []
        while {"doing": "review"} not in states:
            states = [person["state"] for person in await people_when(first, 2)]


@pytest.mark.parametrize("state", ["x", [1], None, {"long": "x" * 1024}])
async def test_malformed_state_is_refused(at_session: tuple[Session, Share, dict[str, str]], state: object) -> None:
    _, _, key = at_session
    async with ASGISocket(TARGET, key) as socket:
        await socket.frame("snapshot")
        await socket.send({"type": "presence", "state": state})
        assert (await socket.frame("error"))["code"] == "presence_malformed"


async def test_people_of_a_process_that_falls_silent_are_forgotten(
    at_session: tuple[Session, Share, dict[str, str]],
) -> None:
    session, _, key = at_session
    async with ASGISocket(TARGET, key) as socket:
        await people_when(socket, 1)
        people = [["p1", "Bob", "web", {}], ["p2", "", "web", {}]]
        get_runtime().presence.hear({"session": session.pk, "process": "another", "people": people})
        assert {person["name"] for person in await people_when(socket, 3)} == {"Carol", "Bob", ""}
        await people_when(socket, 1)
