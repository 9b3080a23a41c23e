"""The protocol `opencode.sync.v1` on a socket: joining, publishing, resuming, and every way to be refused."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.live import IN_FLIGHT, runtime
from sync.live.fanout import Fanout
from sync.models import Session, SessionEntry, Share
from sync.sharing.secrets import derive_share_secret
from tests.cast import browser
from tests.support.asgi_http import HOST
from tests.support.asgi_socket import ASGISocket
from tests.support.rooms import KEY, SESSION, Room
from workspaces.models import APIKey, Membership
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)


async def refused(path: str, headers: dict[str, str], query: str = "") -> tuple[str, int]:
    async with ASGISocket(path, headers, query) as socket:
        error = await socket.frame("error")
        return error["code"], await socket.closed()


async def test_joiner_is_welcomed_with_the_whole_state(room: Room) -> None:
    async with ASGISocket(SESSION, room.writing, subprotocols=("x", "opencode.sync.v1")) as socket:
        welcome = await socket.frame("welcome")
        await socket.publish("a", KEY, {"n": 1})
        await socket.frame("ack")
    assert socket.subprotocol == "opencode.sync.v1"
    assert (welcome["session"], welcome["role"], welcome["seq"]) == ("ses_1", "editor", 0)
    async with ASGISocket(SESSION, room.reading) as reader:
        entries = await reader.entries()
    assert entries == [{"key": KEY, "seq": 1, "content": {"n": 1}}]


async def test_update_is_acknowledged_stored_and_reaches_every_reader(room: Room) -> None:
    async with ASGISocket(SESSION, room.writing) as writer, ASGISocket(SESSION, room.reading) as reader:
        await writer.frame("snapshot")
        await reader.frame("snapshot")
        await writer.publish("a", KEY, {"n": 1.50})
        ack = await writer.frame("ack")
        update = await reader.frame("updates")
    assert (ack["id"], ack["from"], ack["to"]) == ("a", 1, 1)
    assert (update["from"], update["to"]) == (1, 1)
    assert update["entries"] == [{"key": KEY, "seq": 1, "content": {"n": 1.5}}]
    entry = await SessionEntry.objects.aget(session=room.session)
    assert (entry.key, entry.content, entry.seq) == (KEY, '{"n": 1.5}', 1)


async def test_publish_again_with_the_same_id_gets_the_old_ack(room: Room) -> None:
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.publish("a", KEY, 1)
        first = await socket.frame("ack")
        await socket.publish("b", KEY, 2)
        await socket.frame("ack")
        await socket.publish("a", KEY, 3)
        again = await socket.frame("ack")
    assert again == first
    assert (await SessionEntry.objects.aget(session=room.session)).content == "2"


async def test_publish_is_all_or_nothing(room: Room) -> None:
    updates = [{"key": KEY, "content": 1}, {"key": "session/part/other/m/p", "content": 1}]
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.send({"type": "publish", "id": "a", "updates": updates})
        error = await socket.frame("error")
        await socket.publish("b", KEY, 2)
        ack = await socket.frame("ack")
    assert (error["code"], error["id"]) == ("key_foreign", "a")
    assert ack["from"] == 1


async def test_resume_gets_exactly_what_is_missing(room: Room) -> None:
    async with ASGISocket(SESSION, room.writing) as writer:
        for number in range(5):
            await writer.publish(f"op{number}", f"{KEY}{number}", number)
            ack = await writer.frame("ack")
        query = f"epoch={ack['epoch']}&seq=3"
        async with ASGISocket(SESSION, room.reading, query) as reader:
            await reader.frame("welcome")
            seen = []
            while 5 not in seen:
                seen += [entry["seq"] for entry in await reader.entries()]
    assert seen == [4, 5]


@pytest.mark.parametrize("query", ["epoch=other&seq=3", "epoch={epoch}&seq=99", "epoch={epoch}&seq=x", "seq=1"])
async def test_resume_that_cannot_be_spliced_loads_again(room: Room, query: str) -> None:
    async with ASGISocket(SESSION, room.writing) as writer:
        await writer.publish("a", KEY, 1)
        await writer.frame("ack")
    async with ASGISocket(SESSION, room.reading, query.format(epoch=room.session.epoch)) as reader:
        await reader.frame("snapshot")
        await reader.send({"type": "ping"})
        assert (await reader.frame("heartbeat"))["seq"] == 1


async def test_deletion_reaches_readers_and_leaves_later_joiners_without_the_entry(room: Room) -> None:
    await Session.objects.filter(pk=room.session.pk).aupdate(created_by=room.cast.carol)
    async with ASGISocket(SESSION, room.writing) as writer:
        await writer.publish("a", KEY, 1)
        await writer.send({"type": "publish", "id": "b", "updates": [{"key": KEY, "deleted": True}]})
        await writer.frame("ack")
        await writer.frame("ack")
    session = await Session.objects.aget(id=room.session.id)
    assert (session.head_seq, session.entry_count, session.content_bytes) == (2, 0, 0)


async def test_heartbeat_and_ping_tell_the_head(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.frame("snapshot")
        await socket.send({"type": "ping"})
        pong = await socket.frame("heartbeat")
        beat = await socket.frame("heartbeat")
    assert (pong["seq"], beat["seq"], beat["epoch"]) == (0, 0, room.session.epoch)


async def test_write_key_opens_a_session_that_does_not_exist_yet(room: Room) -> None:
    async with ASGISocket("/sync/v1/sessions/ses_new", room.writing) as socket:
        await socket.frame("welcome")
    session = await Session.objects.aget(client_id="ses_new")
    assert (session.workspace_id, session.created_by_id) == (room.cast.alpha.id, room.cast.carol.id)


async def test_member_reads_by_cookie_from_a_page_of_the_console(room: Room) -> None:
    async with ASGISocket(SESSION, room.page) as socket:
        assert (await socket.frame("welcome"))["role"] == "viewer"


async def test_share_id_reads_and_the_sharers_secret_writes(room: Room) -> None:
    path = room.path
    secret = derive_share_secret(room.share.id, 1)
    async with ASGISocket(path) as viewer, ASGISocket(path, {"authorization": f"Bearer {secret}"}) as sharer:
        assert (await viewer.frame("welcome"))["role"] == "viewer"
        assert (await sharer.frame("welcome"))["role"] == "editor"


async def test_viewer_cannot_publish(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.publish("a", KEY, 1)
        error = await socket.frame("error")
    assert (error["code"], error["id"]) == ("publish_forbidden", "a")
    assert not await SessionEntry.objects.aexists()


async def test_nobody_in_particular_is_asked_to_sign_in(room: Room) -> None:
    assert await refused(SESSION, {}) == ("credentials_missing", 4401)


async def test_unknown_key_is_refused(room: Room) -> None:
    headers = {"authorization": "Bearer oc_live_nonsense"}
    assert await refused(SESSION, headers) == ("credentials_invalid", 4401)


async def test_revoked_and_expired_keys_are_refused(room: Room) -> None:
    await APIKey.objects.filter(name="sync:read").aupdate(revoked_at=utc_now())
    await APIKey.objects.filter(name="sync:write").aupdate(expires_at=utc_now())
    assert await refused(SESSION, room.reading) == ("credentials_invalid", 4401)
    assert await refused(SESSION, room.writing) == ("credentials_invalid", 4401)


async def test_key_without_a_sync_scope_is_refused(room: Room) -> None:
    await APIKey.objects.aupdate(scopes=["models"])
    assert await refused(SESSION, room.reading) == ("scope_missing", 4403)


async def test_foreign_origin_may_not_use_the_cookie(room: Room) -> None:
    for origin in ("https://evil.example", "null", ""):
        assert await refused(SESSION, room.page | {"origin": origin}) == ("origin_forbidden", 4403)


async def test_outsider_cannot_tell_the_session_from_none(room: Room) -> None:
    cookie = (await sync_to_async(browser)(room.cast.charlie)).cookies["opencode_session"].value
    headers = {"cookie": f"opencode_session={cookie}", "origin": f"http://{HOST}"}
    assert await refused(SESSION, headers) == ("not_found", 4404)
    assert await refused("/sync/v1/sessions/ses_none", headers) == ("not_found", 4404)


async def test_key_of_another_workspace_opens_a_session_of_its_own(room: Room) -> None:
    _, key = await sync_to_async(api_key_create)(
        workspace=room.cast.gamma, created_by=room.cast.charlie, name="k", scopes=["sync:read"], actor=THE_CONSOLE
    )
    assert await refused(SESSION, {"authorization": f"Bearer {key}"}) == ("not_found", 4404)


async def test_wrong_share_secret_is_refused(room: Room) -> None:
    path = room.path
    for secret in (f"{room.share.id}.1.{'0' * 64}", derive_share_secret("other" * 5, 1), "nonsense"):
        assert await refused(path, {"authorization": f"Bearer {secret}"}) == ("credentials_invalid", 4401)


@pytest.mark.parametrize("change", [{"revoked_at": utc_now()}, {"expires_at": utc_now()}])
async def test_ended_share_opens_nothing(room: Room, change: dict[str, object]) -> None:
    await Share.objects.aupdate(**change)
    assert await refused(room.path, {}) == ("credentials_missing", 4401)


@pytest.mark.parametrize(
    ("frame", "code", "closed"),
    [(b"\x00\x01", "frame_malformed", 4400), ("nonsense", "frame_malformed", 4400), ("[]", "frame_malformed", 4400)],
)
async def test_what_is_no_frame_closes_the_socket(room: Room, frame: str | bytes, code: str, closed: int) -> None:
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.frame("snapshot")
        await socket.send(frame)
        assert (await socket.frame("error"))["code"] == code
        assert await socket.closed() == closed


async def test_unknown_type_is_an_error_and_the_socket_lives_on(room: Room) -> None:
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.send({"type": "subscribe"})
        assert (await socket.frame("error"))["code"] == "frame_type_unknown"
        await socket.publish("a", KEY, 1)
        await socket.frame("ack")


async def test_oversized_frame_closes_the_socket(room: Room, settings: LazySettings) -> None:
    settings.SYNC_FRAME_BYTES = 1000
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.publish("a", KEY, "x" * 2000)
        assert (await socket.frame("error"))["code"] == "frame_too_large"
        assert await socket.closed() == 4413


async def test_oversized_entry_is_refused_and_the_socket_lives_on(room: Room, settings: LazySettings) -> None:
    settings.SYNC_ENTRY_BYTES = 1000
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.publish("a", KEY, "x" * 2000)
        assert (await socket.frame("error"))["code"] == "entry_too_large"
        await socket.publish("b", KEY, 1)
        assert (await socket.frame("ack"))["from"] == 1


async def test_full_session_refuses_new_entries_and_takes_smaller_old_ones(room: Room, settings: LazySettings) -> None:
    settings.SYNC_SESSION_ENTRIES = 1
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.publish("a", KEY, 1)
        await socket.frame("ack")
        await socket.publish("b", KEY + "2", 1)
        error = await socket.frame("error")
        await socket.publish("c", KEY, 2)
        assert (await socket.frame("ack"))["to"] == 2
    assert (error["code"], error["limit"], error["used"]) == ("session_full", 1, 1)


async def test_unknown_socket_address_is_refused(room: Room) -> None:
    socket = ASGISocket("/nowhere")
    async with socket:
        pass
    assert socket.subprotocol is None


async def test_client_that_reads_no_answers_is_not_read_from_either(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.frame("snapshot")
        async with socket.not_reading():
            for _ in range(IN_FLIGHT + 50):
                await socket.send({"type": "ping"})
            await socket.settled()
            assert socket.unread_by_server > 0
        await socket.frame("heartbeat")


async def end_key(room: Room) -> None:
    await APIKey.objects.filter(name="sync:read").aupdate(revoked_at=utc_now())


async def end_membership(room: Room) -> None:
    await Membership.objects.filter(user=room.cast.carol).adelete()


async def end_workspace(room: Room) -> None:
    room.cast.alpha.deleted_at = utc_now()
    await room.cast.alpha.asave()


async def end_session(room: Room) -> None:
    await room.session.adelete()


async def end_epoch(room: Room) -> None:
    await Session.objects.aupdate(epoch="another")


@pytest.mark.parametrize(
    ("ending", "code"),
    [(end_key, 4401), (end_membership, 4403), (end_workspace, 4401), (end_session, 4410), (end_epoch, 4409)],
)
async def test_socket_closes_within_a_heartbeat_when_its_right_ends(room: Room, ending: object, code: int) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.frame("snapshot")
        await ending(room)  # type: ignore[operator]
        assert await socket.closed() == code


@pytest.mark.parametrize("change", [{"revoked_at": utc_now()}, {"expires_at": utc_now()}])
async def test_viewer_of_an_ended_share_is_closed(room: Room, change: dict[str, object]) -> None:
    async with ASGISocket(room.path) as socket:
        await socket.frame("snapshot")
        await Share.objects.aupdate(**change)
        assert await socket.closed() == 4410


async def test_head_moved_by_another_process_reaches_readers_within_a_heartbeat(room: Room) -> None:
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.frame("snapshot")
        await SessionEntry.objects.acreate(session=room.session, key=KEY, seq=1, content=json.dumps(1), size=1)
        await Session.objects.aupdate(head_seq=1)
        update = await socket.frame("updates")
    assert (update["from"], update["to"], update["entries"][0]["content"]) == (1, 1, 1)


async def test_update_that_cannot_be_encoded_for_readers_is_acknowledged_and_read(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ValueError("a mistake")

    monkeypatch.setattr(runtime, "entry_text", broken)
    async with ASGISocket(SESSION, room.writing) as socket:
        await socket.frame("snapshot")
        await socket.publish("a", KEY, 1)
        await socket.frame("ack")
        assert await socket.entries() == [{"key": KEY, "seq": 1, "content": 1}]


async def test_update_of_a_process_that_had_not_heard_of_the_reader_is_not_left_for_the_heartbeat(
    room: Room, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_HEARTBEAT_SECONDS = 600
    monkeypatch.setattr(Fanout, "has_others", True)
    async with ASGISocket(SESSION, room.reading) as socket:
        await socket.frame("snapshot")
        await SessionEntry.objects.acreate(session=room.session, key=KEY, seq=1, content=json.dumps(1), size=1)
        await Session.objects.aupdate(head_seq=1)
        assert await socket.entries() == [{"key": KEY, "seq": 1, "content": 1}]
