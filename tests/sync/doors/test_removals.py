"""Removing entries empties a session: who may, through every door, and what the audit log tells of it."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from opencode.lib.actor import THE_CONSOLE
from sync.live.runtime import stop_runtime
from sync.models import EntryRemoval, Session, SessionEntry
from sync.writer import removals_audit
from tests.support.agent_client import denial_of
from tests.support.asgi_socket import ASGISocket
from tests.support.rooms import KEY, SESSION, Room
from workspaces.models import APIKey, AuditEntry, Membership, Role
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)
ENTRIES = 3


def removal(count: int = ENTRIES, name: str = "b") -> dict[str, Any]:
    return {"id": name, "updates": [{"key": f"{KEY}{n}", "deleted": True} for n in range(count)]}


async def left(room: Room) -> int:
    return await SessionEntry.objects.filter(session=room.session, deleted=False).acount()


async def made_by(room: Room, maker: Any) -> None:
    await room.publish(*range(ENTRIES))
    await Session.objects.filter(pk=room.session.pk).aupdate(created_by=maker)


async def service_key(room: Room) -> dict[str, str]:
    _, secret = await sync_to_async(api_key_create)(
        workspace=room.cast.alpha,
        created_by=room.cast.alice,
        name="ci",
        scopes=["sync:write"],
        actor=THE_CONSOLE,
        is_service_key=True,
    )
    return {"authorization": f"Bearer {secret}"}


@sync_to_async
def told() -> list[tuple[str, str, str, int]]:
    """What a sweep puts into the audit log: kind and id of who removed, from which session, how many."""
    removals_audit()
    entries = AuditEntry.objects.filter(action="session.entries_remove").order_by("seq")
    return [(e.actor_kind, e.actor_id, e.target_id, json.loads(e.details)["entries"]) for e in entries]


async def test_member_removes_nothing_of_somebody_elses_session(room: Room) -> None:
    await made_by(room, room.cast.alice)
    assert denial_of(await room.push(removal())) == (403, "removal_forbidden")
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.send({"type": "publish", **removal()})
        assert (await socket.frame("error"))["code"] == "removal_forbidden"
        await socket.publish("a", f"{KEY}0", "still takes part")
        await socket.frame("ack")
    assert await left(room) == ENTRIES
    assert await told() == []


async def test_member_does_not_remove_in_a_session_that_is_nobodys(room: Room) -> None:
    await made_by(room, None)
    assert denial_of(await room.push(removal())) == (403, "removal_forbidden")


async def test_refused_removal_takes_the_rest_of_its_publish_with_it_and_nobody_elses(room: Room) -> None:
    await made_by(room, room.cast.alice)
    mixed = removal(1)
    mixed["updates"].append({"key": f"{KEY}9", "content": 1})
    assert denial_of(await room.push(mixed)) == (403, "removal_forbidden")
    assert await left(room) == ENTRIES


async def test_maker_removes_and_the_audit_log_tells_the_sum_once(room: Room) -> None:
    await made_by(room, room.cast.carol)
    for number in range(ENTRIES):
        assert (await room.push({**removal(number + 1), "id": f"r{number}"})).status_code == 200
    assert await left(room) == 0
    key = await APIKey.objects.aget(name="sync:write")
    assert await told() == [("key", key.pk, "ses_1", 1 + 2 + 3)]
    assert await told() == [("key", key.pk, "ses_1", 1 + 2 + 3)]
    assert not await EntryRemoval.objects.aexists()


async def test_repeat_of_a_removal_is_told_once(room: Room) -> None:
    await made_by(room, room.cast.carol)
    for _ in range(2):
        assert (await room.push(removal())).status_code == 200
    assert [entry[-1] for entry in await told()] == [ENTRIES]


async def test_admin_removes_in_everybodys_session_while_admin(room: Room) -> None:
    await made_by(room, room.cast.alice)
    carol = Membership.objects.filter(user=room.cast.carol)
    async with ASGISocket(SESSION, room.writing) as socket:
        await carol.aupdate(role=Role.ADMIN)
        await socket.send({"type": "publish", **removal(1)})
        await socket.frame("ack")
        await carol.aupdate(role=Role.MEMBER)
        await socket.send({"type": "publish", **removal(2, "c")})
        assert (await socket.frame("error"))["code"] == "removal_forbidden"
    assert await left(room) == ENTRIES - 1


async def test_service_key_removes_only_in_sessions_that_are_nobodys(room: Room) -> None:
    await made_by(room, room.cast.alice)
    key = await service_key(room)
    assert denial_of(await room.push(removal(), key)) == (403, "removal_forbidden")
    await Session.objects.filter(pk=room.session.pk).aupdate(created_by=None)
    assert (await room.push(removal(), key)).status_code == 200


async def test_agent_with_the_shares_secret_removes_in_its_session(room: Room) -> None:
    await made_by(room, room.cast.alice)
    answer = await room.push(removal(), room.share_secret, f"{room.path}/entries")
    assert answer.status_code == 200
    assert await told() == [("key", room.share.pk, "ses_1", ENTRIES)]


async def test_erased_session_leaves_no_note_behind(room: Room) -> None:
    await made_by(room, room.cast.carol)
    await room.push(removal())
    await stop_runtime()
    await Session.objects.filter(pk=room.session.pk).adelete()
    assert await told() == []
