"""A bridge connects, says what waits, comes back and ends: the rows, and the entries in the session's log."""

import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import Device
from accounts.services.devices import device_revoke
from opencode.lib.clock import utc_now
from steering.live.projecting import asks_project, asks_project_due
from steering.models import AgentProcess, Ask, Machine
from steering.services.processes import processes_lose, processes_seen
from sync.models import Session, SessionEntry
from tests.cast import acting
from tests.support.asgi_socket import ASGISocket
from tests.support.bridges import COMMAND, ask_frame, bridge_socket, hello, opened, taken
from tests.support.devices import SignedIn, device_of
from tests.support.rooms import SESSION, Headers, Room

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "session/ask/ses_1/per_1"


@pytest.fixture
def heartbeat_seconds() -> float:
    """So long that no beat comes between two frames of a test."""
    return 60


async def carols(room: Room) -> SignedIn:
    return await sync_to_async(device_of)(room.cast.carol)


async def states() -> dict[str, str]:
    return {ask.client_id: ask.state async for ask in Ask.objects.all()}


async def entry(key: str = KEY) -> dict[str, Any]:
    row = await SessionEntry.objects.aget(key=key)
    return dict(json.loads(row.content))


async def test_what_waits_reaches_a_member_who_watches(room: Room) -> None:
    device = await carols(room)
    async with ASGISocket(SESSION, room.reading) as reader, bridge_socket(device, room.cast.alpha.pk) as bridge:
        await reader.frame("snapshot")
        await opened(bridge)
        await bridge.send(ask_frame())
        (shown,) = await reader.entries()
    assert (shown["key"], shown["content"]["state"]) == (KEY, "open")
    assert shown["content"]["content"] == COMMAND
    assert (shown["content"]["person"], shown["content"]["machine"]) == ("Carol", "laptop")


async def test_whoever_comes_later_is_shown_it_too(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame(asked=90_000))
        async with ASGISocket(SESSION, room.reading) as reader:
            (shown,) = (await reader.frame("snapshot"))["entries"]
    assert shown["content"]["state"] == "open"
    ask = await Ask.objects.aget()
    assert utc_now() - ask.asked_at > timedelta(seconds=89)


async def test_one_that_was_answered_at_the_machine_ends_and_keeps_no_content(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame())
        await bridge.send({"type": "resolved", "id": "per_1", "outcome": "once"})
        await taken(bridge)
    assert await states() == {"per_1": "once"}
    now = await entry()
    assert now["state"] == "once"
    assert "content" not in now


async def test_one_that_has_ended_does_not_come_back(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame())
        await bridge.send({"type": "resolved", "id": "per_1", "outcome": "rejected"})
        await bridge.send({"type": "resolved", "id": "per_1", "outcome": "once"})
        await bridge.send(ask_frame())
        await bridge.send({"type": "open", "asks": [ask_frame()], "sessions": {}})
        await taken(bridge)
    assert await states() == {"per_1": "rejected"}
    assert (await entry())["state"] == "rejected"


async def test_what_the_whole_truth_leaves_out_is_withdrawn(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame(), ask_frame("per_2"))
        await bridge.send({"type": "open", "asks": [ask_frame("per_2")], "sessions": {}})
        await taken(bridge)
    assert await states() == {"per_1": "withdrawn", "per_2": "open"}


async def test_an_idle_session_waits_for_nothing_its_subagents_neither(room: Room) -> None:
    device = await carols(room)
    nested = ask_frame("per_2", session="ses_sub", root="ses_1")
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame(), nested, ask_frame("per_3", session="ses_2"))
        await bridge.send({"type": "status", "session": "ses_1", "root": "ses_1", "status": "idle"})
        await taken(bridge)
    assert await states() == {"per_1": "withdrawn", "per_2": "withdrawn", "per_3": "open"}


async def test_subagents_ask_shows_in_the_session_at_the_root(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame(session="ses_sub", root="ses_1"))
    assert (await entry())["session"] == "ses_sub"


async def test_process_that_comes_back_goes_on_and_its_older_connection_is_closed(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as first:
        welcome = await opened(first, ask_frame())
        async with bridge_socket(device, room.cast.alpha.pk) as second:
            again = await opened(second, ask_frame(), resume=welcome["resume"])
            assert await first.closed() == 4409
    assert again["resume"] == welcome["resume"]
    assert await states() == {"per_1": "open"}
    assert (await AgentProcess.objects.aget()).generation == 2


async def test_older_connection_changes_nothing_any_more(room: Room) -> None:
    """Its frames wait behind the newer hello, as those of another web process would."""
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame())
        await AgentProcess.objects.aupdate(generation=7)
        await bridge.send({"type": "resolved", "id": "per_1", "outcome": "once"})
        assert (await bridge.frame("error"))["code"] == "bridge_replaced"
        assert await bridge.closed() == 4409
    assert await states() == {"per_1": "open"}


@pytest.mark.parametrize("resume", ["", "guessed"])
async def test_process_is_not_taken_over_without_its_secret(room: Room, resume: str) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as first:
        await opened(first, ask_frame())
        async with bridge_socket(device, room.cast.alpha.pk) as second:
            await second.send({"type": "hello", "process": "p1", "resume": resume, "machine": "laptop"})
            assert (await second.frame("error"))["code"] == "process_taken"
            assert await second.closed() == 4403
        await first.send({"type": "resolved", "id": "per_1", "outcome": "once"})
        await taken(first)
    assert await states() == {"per_1": "once"}


async def test_another_login_with_the_same_names_is_another_machine(room: Room) -> None:
    hers, his = await carols(room), await sync_to_async(device_of)(room.cast.bob)
    async with bridge_socket(hers, room.cast.alpha.pk) as one, bridge_socket(his, room.cast.alpha.pk) as two:
        await opened(one, ask_frame())
        await opened(two)
    assert await states() == {"per_1": "open"}
    assert await Machine.objects.acount() == 2


async def test_agent_that_says_goodbye_takes_what_it_waited_for_with_it(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame())
        await bridge.send({"type": "bye"})
        assert await bridge.closed() == 1000
    assert await states() == {"per_1": "lost"}
    assert (await AgentProcess.objects.aget()).ended_at is not None


async def test_silent_agent_is_given_up_and_what_it_still_has_is_open_again(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        welcome = await opened(bridge, ask_frame(), ask_frame("per_2"))
    later = utc_now() + timedelta(seconds=8)
    await asks_project(await sync_to_async(processes_lose)(now=later))
    assert await states() == {"per_1": "lost", "per_2": "lost"}
    assert (await entry())["state"] == "lost"
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame(), resume=welcome["resume"])
    assert await states() == {"per_1": "open", "per_2": "lost"}
    assert (await entry())["state"] == "open"


async def test_agent_that_is_heard_is_not_given_up(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame())
    process = await AgentProcess.objects.aget()
    later = utc_now() + timedelta(seconds=8)
    assert await sync_to_async(processes_seen)(heard={process.pk: 1, 10**6: 1}, now=later) == {10**6}
    assert await sync_to_async(processes_lose)(now=later) == []


async def test_ask_of_a_session_that_is_not_published_is_a_row_until_it_is(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame(session="ses_new"))
    assert await states() == {"per_1": "open"}
    assert await SessionEntry.objects.acount() == 0
    await Session.objects.acreate(client_id="ses_new", workspace=room.cast.alpha, owner_key=room.cast.alpha.pk)
    await Ask.objects.aupdate(projection_due_at=utc_now())
    await asks_project_due()
    assert (await entry("session/ask/ses_new/per_1"))["state"] == "open"


async def test_nobody_writes_into_a_session_of_somebody_else(room: Room) -> None:
    await Session.objects.filter(pk=room.session.pk).aupdate(created_by=room.cast.bob)
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame())
    assert await states() == {"per_1": "open"}
    assert await SessionEntry.objects.acount() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"digest": "0" * 64},
        {"content": "[]"},
        {"content": "{"},
        {"kind": "order"},
    ],
    ids=["digest", "a list", "no json", "kind"],
)
async def test_ask_that_is_none_is_refused(room: Room, wrong: dict[str, str]) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge)
        await bridge.send({**ask_frame(), **wrong})
        assert (await bridge.frame("error"))["code"] == "ask_malformed"
        await taken(bridge)
    assert await states() == {}


async def test_ask_that_is_too_large_is_told_without_its_content(room: Room) -> None:
    device = await carols(room)
    large = {"permission": "edit", "metadata": {"diff": "x" * 70_000}}
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame(content=large))
    now = await entry()
    assert now["too_large"] is True
    assert "content" not in now


async def test_more_asks_than_a_process_may_have_are_refused(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, *(ask_frame(f"per_{number}") for number in range(50)))
        await bridge.send(ask_frame("per_50"))
        assert (await bridge.frame("error"))["code"] == "ask_limit_reached"
    assert len(await states()) == 50


@pytest.mark.parametrize(
    ("frame", "code"),
    [('{"type":"ping"}', 4400), ("[]", 4400), ('{"type":"hello"}', 4400), (b"\x00", 4400)],
    ids=["before hello", "no frame", "hello without a process", "binary"],
)
async def test_who_does_not_speak_the_protocol_is_closed(room: Room, frame: str | bytes, code: int) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await bridge.send(frame)
        assert await bridge.closed() == code


async def test_frame_of_a_later_protocol_is_passed_over(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge)
        await bridge.send({"type": "later", "field": 1})
        await taken(bridge)


async def refused(headers: Headers) -> int:
    async with ASGISocket("/sync/v1/bridge", headers) as socket:
        return await socket.closed()


async def test_nothing_but_a_login_opens_it(room: Room) -> None:
    org = {"x-org-id": room.cast.alpha.pk}
    device, stranger = await carols(room), await sync_to_async(device_of)(room.cast.charlie)
    assert {await refused({**shown, **org}) for shown in ({}, room.page, room.cookie)} == {4401}
    assert {await refused({**shown, **org}) for shown in (room.writing, room.share_secret)} == {4401}
    assert await refused(device.bearer) == 4400
    assert await refused({**device.bearer, "x-org-id": room.cast.gamma.pk}) == 4404
    assert await refused({**stranger.bearer, **org}) == 4404
    assert await AgentProcess.objects.acount() == 0


async def test_revoked_login_closes_its_bridge(room: Room) -> None:
    device = await carols(room)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await hello(bridge)
        row = await Device.objects.aget(pk=device.id)
        await sync_to_async(device_revoke)(device=row, actor=acting(room.cast.carol))
        assert await bridge.closed() == 4401
