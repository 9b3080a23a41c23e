"""Who is here: people of this process and of others come, say what they do, go, and are forgotten."""

from typing import Any

import pytest

from sync.live import presence
from sync.live.runtime import get_runtime
from tests.support.asgi_socket import ASGISocket
from tests.support.rooms import SESSION, Room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "MERGE_SECONDS", 0.02)


async def people_when(socket: ASGISocket, count: int) -> list[dict[str, Any]]:
    while True:
        frame = await socket.frame("presence")
        if frame["count"] == count:
            return list(frame["people"])


async def test_readers_see_each_other_come_and_go(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as first:
        async with ASGISocket(SESSION, room.reading, "client=desktop"):
            people = await people_when(first, 2)
        assert sorted(person["kind"] for person in people) == ["desktop", "ide"]
        assert {person["name"] for person in people} == {"Carol"}
        await people_when(first, 1)


async def test_whoever_has_only_the_link_learns_no_names(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as member, ASGISocket(room.path) as visitor:
        await member.send({"type": "presence", "state": {"doing": "review"}})
        seen_by_visitor = await people_when(visitor, 2)
        seen_by_member = await people_when(member, 2)
    assert [(person["name"], person["state"]) for person in seen_by_visitor] == [("", {})] * 2
    assert {person["name"] for person in seen_by_member} == {"Carol", ""}


async def test_state_reaches_the_others(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as first, ASGISocket(SESSION, room.reading) as second:
        await people_when(first, 2)
        await second.send({"type": "presence", "state": {"doing": "review"}})
        states: list[dict[str, Any]] = []
        while {"doing": "review"} not in states:
            states = [person["state"] for person in await people_when(first, 2)]


@pytest.mark.parametrize("state", ["x", [1], None, {"long": "x" * 1024}])
async def test_malformed_state_is_refused(room: Room, state: object) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.frame("snapshot")
        await socket.send({"type": "presence", "state": state})
        assert (await socket.frame("error"))["code"] == "presence_malformed"


async def test_people_of_a_process_that_falls_silent_are_forgotten(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await people_when(socket, 1)
        people = [["p1", "Bob", "web", {}], ["p2", "", "web", {}]]
        get_runtime().presence.hear({"session": room.session.pk, "process": "another", "people": people})
        assert {person["name"] for person in await people_when(socket, 3)} == {"Carol", "Bob", ""}
        await people_when(socket, 1)
