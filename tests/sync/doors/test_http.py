"""The protocol over plain HTTP: events, pulls and pushes, who may, and how each ends."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive.erasure.erasing import session_erase
from sync.live.hub import frame as hub_frame
from sync.live.publishing import session_publish
from sync.live.runtime import drain_runtime
from sync.models import Session, SessionEntry
from sync.protocol.updates import Update
from sync.sharing.secrets import derive_share_secret
from tests.support.agent_client import denial_of
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_http import HOST
from tests.support.rooms import ENTRIES, EVENTS, KEY, SESSION, Room
from workspaces.models import APIKey, Membership
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db(transaction=True)


def one(operation_id: str, content: object, key: str = KEY) -> dict[str, Any]:
    return {"id": operation_id, "updates": [{"key": key, "content": content}]}


# --- events


async def test_events_are_the_frames_of_a_socket(room: Room) -> None:
    await room.publish({"n": 1})
    async with ASGIEvents(EVENTS, room.reading) as events:
        welcome = await events.event("welcome")
        snapshot = await events.event("snapshot")
        await room.publish({"n": 2})
        updates = await events.event("updates")
        heartbeat = await events.event("heartbeat")
    assert (events.status, events.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (welcome.frame["role"], welcome.frame["seq"], welcome.id) == ("viewer", 1, "")
    assert snapshot.frame["entries"] == [{"key": f"{KEY}0", "seq": 1, "content": {"n": 1}}]
    assert snapshot.id == f"{room.session.epoch}:1"
    assert updates.id == f"{room.session.epoch}:2"
    assert updates.frame["entries"] == [{"key": f"{KEY}0", "seq": 2, "content": {"n": 2}}]
    assert heartbeat.frame == {"type": "heartbeat", "epoch": room.session.epoch, "seq": 2}


async def test_last_event_id_resumes_after_it(room: Room) -> None:
    await room.publish(1, 2, 3)
    headers = {**room.reading, "last-event-id": f"{room.session.epoch}:2"}
    async with ASGIEvents(EVENTS, headers) as events:
        await events.event("welcome")
        updates = await events.event("updates")
    assert [entry["seq"] for entry in updates.frame["entries"]] == [3]


async def test_first_connection_to_events_goes_on_from_the_position_in_its_query(room: Room) -> None:
    await room.publish(1, 2, 3)
    async with ASGIEvents(EVENTS, room.reading, f"epoch={room.session.epoch}&seq=2") as events:
        await events.event("welcome")
        updates = await events.event("updates")
    assert [entry["seq"] for entry in updates.frame["entries"]] == [3]


@pytest.mark.parametrize("event_id", ["other:2", "{epoch}:99", "{epoch}", "nonsense", ":"])
async def test_last_event_id_that_cannot_be_spliced_loads_again(room: Room, event_id: str) -> None:
    await room.publish(1, 2, 3)
    headers = {**room.reading, "last-event-id": event_id.format(epoch=room.session.epoch)}
    async with ASGIEvents(EVENTS, headers) as events:
        snapshot = await events.event("snapshot")
    assert [entry["seq"] for entry in snapshot.frame["entries"]] == [1, 2, 3]


async def test_line_ends_between_somebodys_tokens_do_not_break_an_event(room: Room) -> None:
    await session_publish(session_id=room.session.pk, updates=[Update(KEY, '{\r\n "a":\n"x\\ny"\r}')])
    async with ASGIEvents(EVENTS, room.reading) as events:
        snapshot = await events.event("snapshot")
    assert snapshot.frame["entries"][0]["content"] == {"a": "x\ny"}


async def test_only_the_last_part_of_a_snapshot_is_a_position(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.live.hub.state.PART_CHARACTERS", 10)
    await room.publish(1, 2, 3)
    async with ASGIEvents(EVENTS, room.reading) as events:
        parts = [await events.event("snapshot") for _ in range(3)]
    assert [part.frame["more"] for part in parts] == [True, True, False]
    assert [part.id for part in parts] == ["", "", f"{room.session.epoch}:3"]


async def test_reader_that_does_not_read_has_one_event_waiting_and_converges(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as events:
        await events.event("snapshot")
        events.reads.clear()
        for number in range(30):
            await room.publish(number)
        assert events.waiting_sends <= 1
        events.reads.set()
        last = 0
        while last < 30:
            last = (await events.event("updates")).frame["to"]
    assert last == 30


async def test_revoked_key_ends_the_stream_with_an_error(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as events:
        await events.event("snapshot")
        await APIKey.objects.filter(name="sync:read").aupdate(revoked_at=utc_now())
        last = await events.ended()
    assert (last.kind, last.frame["code"]) == ("error", "credentials_invalid")


async def test_removed_member_loses_the_stream(room: Room) -> None:
    async with ASGIEvents(EVENTS, {**room.cookie, "sec-fetch-site": "same-origin"}) as events:
        await events.event("snapshot")
        await Membership.objects.filter(user=room.cast.carol).adelete()
        last = await events.ended()
    assert (last.kind, last.frame["code"]) == ("error", "forbidden")


async def test_erased_session_ends_the_stream(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as events:
        await events.event("snapshot")
        await sync_to_async(session_erase)(session_id=room.session.pk, actor=THE_CONSOLE)
        last = await events.ended()
    assert (last.kind, last.frame["code"]) == ("error", "session_gone")


async def test_new_epoch_ends_the_stream_with_bye(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as events:
        await events.event("snapshot")
        await Session.objects.filter(pk=room.session.pk).aupdate(epoch="another")
        last = await events.ended()
    assert (last.kind, last.frame["reason"]) == ("bye", "epoch_changed")


async def test_drain_ends_the_stream_with_bye(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as events:
        await events.event("snapshot")
        await drain_runtime(5)
        last = await events.ended()
    assert (last.kind, last.frame["reason"]) == ("bye", "restart")
    assert last.frame["retry_after"] > 0


# --- pulls


async def pull(room: Room, **query: Any) -> dict[str, Any]:
    answer = await room.http.get(ENTRIES, params=query, headers=room.reading)
    assert answer.status_code == 200, answer.text
    frame: dict[str, Any] = answer.json()
    return frame


async def test_pull_without_a_position_is_a_snapshot(room: Room) -> None:
    await room.publish(1, 2)
    frame = await pull(room)
    assert (frame["type"], frame["epoch"], frame["seq"], frame["more"]) == ("snapshot", room.session.epoch, 2, False)
    assert [entry["content"] for entry in frame["entries"]] == [1, 2]


async def test_pull_from_a_position_is_what_came_after_it(room: Room) -> None:
    await room.publish(1, 2, 3)
    frame = await pull(room, since=1, epoch=room.session.epoch)
    assert (frame["type"], frame["from"], frame["to"], frame["more"]) == ("updates", 2, 3, False)
    assert [entry["seq"] for entry in frame["entries"]] == [2, 3]


async def test_pull_at_the_head_covers_nothing(room: Room) -> None:
    await room.publish(1)
    frame = await pull(room, since=1, epoch=room.session.epoch)
    assert (frame["type"], frame["from"], frame["to"], frame["entries"]) == ("updates", 2, 1, [])


@pytest.mark.parametrize("since", ["2", "99", "x", "-1", "0"])
async def test_pull_from_a_position_of_nowhere_is_a_snapshot(room: Room, since: str) -> None:
    await room.publish(1, 2)
    epochs = {"2": "another"}
    frame = await pull(room, since=since, epoch=epochs.get(since, room.session.epoch))
    assert (frame["type"], frame["seq"]) == ("snapshot", 2)


async def test_pull_of_a_long_session_comes_in_parts_and_misses_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.live.hub.pull.PART_ROWS", 3)
    monkeypatch.setattr(hub_frame, "PART_CHARACTERS", 100_000)
    await room.publish(*range(7))
    first = await pull(room)
    # Between two parts one of the first keys is written again and another removed.
    await room.publish("new")
    removed = Update(f"{KEY}1", "", deleted=True)
    await session_publish(session_id=room.session.pk, updates=[removed])
    second = await pull(room, since=first["seq"], epoch=first["epoch"])
    third = await pull(room, since=second["to"], epoch=first["epoch"])
    assert [part["more"] for part in (first, second, third)] == [True, True, False]
    assert (second["from"], third["from"]) == (first["seq"] + 1, second["to"] + 1)
    state: dict[str, Any] = {}
    for entry in [*first["entries"], *second["entries"], *third["entries"]]:
        state[entry["key"]] = entry.get("content")
    assert state == {f"{KEY}0": "new", f"{KEY}1": None, **{f"{KEY}{n}": n for n in range(2, 7)}}
    assert third["to"] == 9


# --- pushes


async def test_push_is_committed_and_answered_with_its_ack(room: Room) -> None:
    answer = await room.push(one("a", {"n": 1}))
    assert answer.status_code == 200
    assert answer.json() == {"type": "ack", "id": "a", "epoch": room.session.epoch, "from": 1, "to": 1}
    assert (await SessionEntry.objects.aget(session=room.session)).content == '{"n":1}'


async def test_push_again_with_the_same_id_gets_the_old_ack(room: Room) -> None:
    first = await room.push(one("a", 1))
    await room.push(one("b", 2))
    again = await room.push(one("a", 3))
    assert again.json() == first.json()
    assert (await SessionEntry.objects.aget(session=room.session)).content == "2"


async def test_pushed_update_reaches_readers_of_events(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as events:
        await events.event("snapshot")
        await room.push(one("a", 1))
        updates = await events.event("updates")
    assert updates.frame["entries"] == [{"key": KEY, "seq": 1, "content": 1}]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("[]", (400, "frame_malformed")),
        ("{", (400, "frame_malformed")),
        ('{"updates":[]}', (400, "frame_malformed")),
        ('{"id":"a","updates":[]}', (422, "updates_malformed")),
        ('{"id":"a","updates":[{"key":"x","content":1}]}', (422, "key_malformed")),
        ('{"id":"a","updates":[{"key":"session/info/ses_2","content":1}]}', (400, "key_foreign")),
        ('{"id":"a","updates":[{"key":"session/info/ses_1"}]}', (422, "updates_malformed")),
        (b"\xff", (400, "body_malformed")),
    ],
)
async def test_malformed_push_is_refused_and_changes_nothing(
    room: Room, body: str | bytes, refusal: tuple[int, str]
) -> None:
    answer = await room.http.post(ENTRIES, content=body, headers=room.writing)
    assert denial_of(answer) == refusal
    assert (await Session.objects.aget(pk=room.session.pk)).head_seq == 0


async def test_entry_and_body_too_large_are_refused(room: Room, settings: LazySettings) -> None:
    settings.SYNC_ENTRY_BYTES, settings.SYNC_FRAME_BYTES = 10, 300
    assert denial_of(await room.push(one("a", "x" * 20))) == (413, "entry_too_large")
    assert denial_of(await room.push(one("a", "x" * 400))) == (413, "body_too_large")


# --- who may


async def test_sharer_pushes_with_the_shares_secret(room: Room) -> None:
    secret = derive_share_secret(room.share.pk, 1)
    path = f"/sync/v1/sessions/{room.share.pk}/entries"
    answer = await room.push(one("a", 1), {"authorization": f"Bearer {secret}"}, path)
    assert answer.json()["to"] == 1


async def test_link_reads_and_does_not_write(room: Room) -> None:
    path = f"/sync/v1/sessions/{room.share.pk}/entries"
    assert (await room.http.get(path)).json()["type"] == "snapshot"
    assert denial_of(await room.push(one("a", 1), {}, path)) == (403, "publish_forbidden")


async def test_key_to_read_with_does_not_write(room: Room) -> None:
    assert denial_of(await room.push(one("a", 1), room.reading)) == (403, "publish_forbidden")


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({}, (403, "origin_forbidden")),
        ({"sec-fetch-site": "cross-site"}, (403, "origin_forbidden")),
        ({"sec-fetch-site": "same-site"}, (403, "origin_forbidden")),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, (403, "origin_forbidden")),
    ],
)
@pytest.mark.parametrize("path", [EVENTS, ENTRIES])
async def test_page_of_another_site_reads_nothing_with_a_cookie(
    room: Room, path: str, headers: dict[str, str], refusal: tuple[int, str]
) -> None:
    answer = await room.http.get(path, headers={**room.cookie, **headers})
    assert denial_of(answer) == refusal
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": f"http://{HOST}"}])
async def test_own_page_reads_with_a_cookie(room: Room, headers: dict[str, str]) -> None:
    answer = await room.http.get(ENTRIES, headers={**room.cookie, **headers})
    assert answer.json()["type"] == "snapshot"


async def test_cookie_never_writes(room: Room) -> None:
    answer = await room.push(one("a", 1), room.page)
    assert denial_of(answer) == (401, "credentials_missing")


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", ENTRIES, (401, "credentials_missing")),
        ("GET", EVENTS, (401, "credentials_missing")),
        ("PUT", ENTRIES, (405, "method_not_allowed")),
        ("POST", EVENTS, (405, "method_not_allowed")),
        ("GET", SESSION, (426, "upgrade_required")),
        ("GET", f"{SESSION}/elsewhere", (404, "not_found")),
        ("GET", "/sync/v1/", (404, "not_found")),
    ],
)
async def test_refusals_keep_to_the_contract(room: Room, method: str, path: str, refusal: tuple[int, str]) -> None:
    assert denial_of(await room.http.request(method, path)) == refusal


async def test_foreign_session_is_not_found(room: Room) -> None:
    def gammas_key() -> str:
        return api_key_create(
            workspace=room.cast.gamma, created_by=room.cast.charlie, name="c", scopes=["sync:read"], actor=THE_CONSOLE
        )[1]

    key = await sync_to_async(gammas_key)()
    answer = await room.http.get(ENTRIES, headers={"authorization": f"Bearer {key}"})
    assert denial_of(answer) == (404, "not_found")


async def test_options_grant_other_sites_nothing(room: Room) -> None:
    answer = await room.http.options(ENTRIES, headers={"origin": "https://evil.example"})
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, POST, OPTIONS"
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_readers_of_events_are_seen_by_others(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as first:
        await first.event("snapshot")
        async with asyncio.timeout(10):
            frame = (await first.event("presence")).frame
    assert frame["count"] == 1


async def test_reader_of_events_who_has_left_is_no_longer_seen(room: Room) -> None:
    async with ASGIEvents(EVENTS, room.reading) as first:
        async with ASGIEvents(EVENTS, room.reading) as second:
            await second.event("snapshot")
            async with asyncio.timeout(10):
                while (await first.event("presence")).frame["count"] != 2:
                    pass
        async with asyncio.timeout(10):
            left = (await first.event("presence")).frame
    assert left["count"] == 1


async def test_whoever_has_only_the_link_sees_no_names_in_events(room: Room) -> None:
    shared = f"/sync/v1/sessions/{room.share.pk}/events"
    async with ASGIEvents(EVENTS, room.reading) as member, ASGIEvents(shared) as guest:
        await member.event("snapshot")
        async with asyncio.timeout(10):
            while len(people := (await guest.event("presence")).frame["people"]) != 2:
                pass
            while len(named := (await member.event("presence")).frame["people"]) != 2:
                pass
    assert not any(person.get("name") for person in people)
    assert any(person.get("name") for person in named)


async def test_push_faster_than_allowed_is_refused_with_the_time_to_wait(room: Room, settings: LazySettings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 1
    bodies = [{"id": f"p{n}", "updates": [{"key": f"{KEY}{n}", "content": n}]} for n in range(8)]
    answers = await asyncio.gather(*(room.push(body) for body in bodies))
    kept = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert kept
    assert {denial_of(answer) for answer in refused} == {(429, "too_many_requests")}
    assert min(int(answer.headers["retry-after"]) for answer in refused) >= 1
    assert await SessionEntry.objects.filter(session=room.session).acount() == len(kept)


async def test_stream_that_ended_makes_room_for_the_next(room: Room, settings: LazySettings) -> None:
    settings.SYNC_SESSION_SOCKETS = 1
    for _ in range(2):
        async with ASGIEvents(EVENTS, room.reading) as events, ASGIEvents(EVENTS, room.reading) as another:
            await events.event("snapshot")
            assert another.status == 429
