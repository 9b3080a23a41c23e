"""Only the console writes what waits, and only members are shown it: not by a link, not by a share's secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from sync.archive.restoring import session_restore
from sync.archive.snapshots.writing import snapshot_write
from sync.models import Session, SessionEntry, Share
from tests.cast import acting
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_socket import ASGISocket
from tests.support.bridges import ask_frame, bridge_socket, opened, taken
from tests.support.devices import device_of
from tests.support.rooms import SESSION, Headers, Room

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "session/ask/ses_1/per_1"
FORGED = {"key": KEY, "content": {"state": "open"}}
REMOVED = {"key": KEY, "deleted": True}
CANARY = "rm -rf build"


@pytest.fixture
def heartbeat_seconds() -> float:
    return 60


async def make_ask(room: Room, *later: dict[str, Any]) -> None:
    device = await sync_to_async(device_of)(room.cast.carol)
    async with bridge_socket(device, room.cast.alpha.pk) as bridge:
        await opened(bridge, ask_frame())
        for frame in later:
            await bridge.send(frame)
        await taken(bridge)


async def stored() -> list[str]:
    return [row.key async for row in SessionEntry.objects.order_by("key")]


@pytest.mark.parametrize("update", [FORGED, REMOVED], ids=["written", "removed"])
async def test_sockets_and_pushes_do_not_write_it(room: Room, update: dict[str, Any]) -> None:
    for headers in (room.writing, room.share_secret):
        path = SESSION if headers is room.writing else room.path
        async with ASGISocket(path, headers) as socket:
            await socket.send({"type": "publish", "id": "a", "updates": [update]})
            assert (await socket.frame("error"))["code"] == "key_reserved"
        answer = await room.push({"id": "b", "updates": [update]}, headers, f"{path}/entries")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "key_reserved")
    assert await stored() == []


async def test_agents_item_of_that_name_is_something_else(room: Room) -> None:
    body = {"secret": room.share_secret["authorization"].removeprefix("Bearer "), "data": []}
    body["data"] = [{"type": "ask", "data": {"id": "per_1", "state": "open"}}]
    answer = await room.http.post(f"/api/share/{room.share.pk}/sync", json=body)
    assert answer.status_code == 200
    assert await stored() == ["session/item:ask/ses_1/per_1"]


async def test_older_agents_key_form_is_taken_and_dropped(room: Room) -> None:
    secret = room.share_secret["authorization"].removeprefix("Bearer ")
    body = {"sessionID": "ses_1", "secret": secret, "key": KEY, "content": {"state": "open"}}
    answer = await room.http.post("/share_sync", json=body)
    assert answer.status_code == 200
    assert await stored() == []


async def linked(room: Room, *, masks: bool) -> list[tuple[str, Headers]]:
    await Share.objects.filter(pk=room.share.pk).aupdate(masks_secrets=masks)
    return [(room.path, {}), (room.path, room.share_secret)]


@pytest.mark.parametrize("masks", [True, False], ids=["masked", "unmasked"])
async def test_who_comes_by_a_share_is_shown_nothing_of_it(room: Room, masks: bool) -> None:
    """Neither what waits already nor what comes while they watch; but the numbers have no gap."""
    await room.publish({"text": "hello"})
    for path, headers in await linked(room, masks=masks):
        async with ASGISocket(path, headers) as socket, ASGIEvents(path + "/events", headers) as events:
            frames = [await socket.frame("snapshot"), (await events.event("snapshot")).frame]
            await make_ask(room, {"type": "resolved", "id": "per_1", "outcome": "once"})
            while frames[-1].get("to", 0) < (await Session.objects.aget()).head_seq:
                frames.append(await socket.frame("updates"))
            frames.append((await events.event("updates")).frame)
        pulled = await room.http.get(f"{path}/entries", headers=headers)
        pages = [await room.http.get(f"/share/{room.share.pk}{suffix}") for suffix in ("", ".json", ".md")]
        pages += [await room.http.get(f"/api/share/{room.share.pk}/data", headers=headers)]
        pages += [await room.http.get(f"/share_data?id={room.share.pk}", headers=headers)]
        pages += [await room.http.get(f"/share/{room.share.pk}?entry={KEY}")]
        text = json.dumps(frames) + pulled.text + "".join(page.text for page in pages)
        assert CANARY not in text
        assert "Carol" not in text
        assert '"per_1"' not in text
        await SessionEntry.objects.filter(key=KEY).adelete()
        await sync_to_async(forget)()


def forget() -> None:
    from steering.models import AgentProcess

    AgentProcess.objects.all().delete()


async def test_exports_of_members_leave_it_out(room: Room) -> None:
    await make_ask(room)
    for name in ("export.json", "export.md"):
        answer = await room.http.get(f"/workspaces/alpha/sessions/ses_1/{name}", headers=room.cookie)
        assert answer.status_code == 200
        assert CANARY not in answer.text


async def test_restore_leaves_what_waits_as_it_is(room: Room, objects: Path) -> None:
    await room.publish({"text": "hello"})
    await make_ask(room)
    snapshot = await sync_to_async(snapshot_write)(session_id=room.session.pk)
    await sync_to_async(forget_entry_state)()
    restored = await sync_to_async(session_restore)(snapshot=snapshot, actor=acting(room.cast.alice))
    assert restored.restored == 1
    row = await SessionEntry.objects.aget(key=KEY)
    assert (row.deleted, json.loads(row.content)) == (False, {"state": "once"})
    assert (await Session.objects.aget()).entry_count == 2


def forget_entry_state() -> None:
    """As it is when the ask was answered after the snapshot."""
    SessionEntry.objects.filter(key=KEY).update(content='{"state": "once"}', size=17)
