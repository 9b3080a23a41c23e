"""Every way to a cold session brings it back; while its object cannot be had, each refuses, and agents lose nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import OperationalError
from django.test import Client

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.groupcommit import LOCK_WAITED
from sync.agents import batches, creation, patience
from sync.archive.cold import gate, read_warm, session_warm
from sync.archive.cold.sweep import held_sessions_warm
from sync.archive.erasure.erasing import session_erase
from sync.errors import SessionCold
from sync.live.runtime import get_runtime, stop_runtime
from sync.models import HeldItem, Session, SessionEntry, Snapshot
from sync.sharing.secrets import derive_share_secret
from tests.cast import browser
from tests.support.agent_client import AgentClient, Shared, denial_of
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_http import HOST
from tests.support.asgi_socket import ASGISocket, communicator
from tests.support.rooms import ENTRIES, EVENTS, SESSION, Room
from tests.support.storages import AWAY, keep_snapshots_in
from tests.sync.archive.cold.coldness import busy_session, cool, is_cold, rows_of

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/workspaces/alpha/sessions/ses_1/"
PART = "session/part/ses_1/msg_1/prt_0"
NEW = "session/part/ses_1/msg_1/prt_7"


class ColdRoom(Room):
    """Its session is cold, at 5; beside the others an agent comes, and alice's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.before = rows_of(self.session)
        self.shared = Shared(self.share.id, "", derive_share_secret(self.share.id, 1))
        self.agent = AgentClient(host=HOST)
        self.alice: Client = browser(self.cast.alice)
        self.snapshot = cool(self.session)

    def make_session(self) -> Session:
        return busy_session(workspace=self.cast.alpha, owner_key=self.cast.alpha.pk)

    @property
    def position(self) -> str:
        return f"epoch={self.session.epoch}&seq=3"


@pytest.fixture(autouse=True)
def no_memory() -> Iterator[None]:
    """Row numbers begin again with each test; what failed before is not to be remembered."""
    gate.warm_failures_invalidate()
    yield
    gate.warm_failures_invalidate()


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.2)


@pytest.fixture
def room() -> ColdRoom:
    return ColdRoom()


@pytest_asyncio.fixture
async def live(settings: LazySettings) -> AsyncIterator[ColdRoom]:
    settings.SYNC_HEARTBEAT_SECONDS = 0.2
    yield await sync_to_async(ColdRoom)()
    await stop_runtime()


async def part(shared: Shared, agent: AgentClient, n: int) -> httpx.Response:
    return await agent.sync(shared, {"type": "part", "data": {"id": "prt_7", "messageID": "msg_1", "n": n}})


def goes_away(settings: Any) -> Any:
    """Take the storage away; answers what it was."""
    before = settings.STORAGES
    keep_snapshots_in(settings, AWAY)
    return before


def comes_back(settings: Any, storages_before: Any) -> None:
    settings.STORAGES = storages_before
    gate.warm_failures_invalidate()


# --- pages

PAGES = [
    PAGE,
    f"{PAGE}export.json",
    f"{PAGE}export.md",
    f"{PAGE}fragments?epoch=e&k={PART}:2",
    f"{PAGE}snapshots/{{snapshot}}/compare",
    f"{PAGE}snapshots/{{snapshot}}/restore/",
    "/share/{share}",
    "/s/{share}",
    "/share/{share}.json",
    "/share/{share}.md",
    f"/share/{{share}}/fragments?epoch=e&k={PART}:2",
]


def address(room: ColdRoom, path: str) -> str:
    return path.format(share=room.share.id, snapshot=Snapshot.objects.get().pk)


@pytest.mark.parametrize("path", PAGES)
def test_visited_page_shows_the_whole_session_at_once(room: ColdRoom, path: str) -> None:
    response = room.alice.get(address(room, path))
    assert response.status_code == 200
    assert not is_cold(room.session)
    assert rows_of(room.session) == room.before


@pytest.mark.parametrize("path", [path for path in PAGES if "/compare" not in path])
def test_page_of_a_session_that_cannot_come_back_says_so_and_shows_nothing(
    room: ColdRoom, path: str, settings: LazySettings
) -> None:
    where = address(room, path)
    goes_away(settings)
    response = room.alice.get(where, headers={"accept": "application/json"})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "session_cold")
    assert response["Retry-After"] == str(gate.AWAY_SECONDS)
    page = room.alice.get(where)
    assert (page.status_code, page["Retry-After"]) == (503, str(gate.AWAY_SECONDS))
    assert "Nothing is lost" in page.content.decode()


def test_lists_titles_and_history_need_no_object(room: ColdRoom, settings: LazySettings) -> None:
    goes_away(settings)
    seen = room.alice.get("/workspaces/alpha/sessions/").content.decode()
    assert "Ünicode" in seen
    assert "Ünicode" in room.alice.get("/workspaces/alpha/sessions/?q=UNICODE").content.decode()
    assert room.alice.get(f"{PAGE}snapshots/").status_code == 200
    assert room.alice.get(f"{PAGE}delete/").status_code == 200
    assert is_cold(room.session)


def test_page_known_to_the_browser_is_not_fetched_again(room: ColdRoom, settings: LazySettings) -> None:
    path = f"/share/{room.share.id}"
    first = Client().get(path)
    cool(room.session)
    again = Client().get(path, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert is_cold(room.session)


def test_damaged_object_is_refused_for_longer(room: ColdRoom) -> None:
    name = Snapshot.objects.get().object_name
    storages["snapshots"].delete(name)
    storages["snapshots"].save(name, ContentFile(b"damaged"))
    response = room.alice.get(PAGE)
    assert (response.status_code, response["Retry-After"]) == (503, str(gate.DAMAGED_SECONDS))
    assert is_cold(room.session)


def test_failure_is_remembered_for_a_moment_so_that_nobody_waits_for_it_again(
    room: ColdRoom, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    attempt = gate.session_warm

    def counted(*, session_id: int) -> bool:
        attempts.append(session_id)
        return attempt(session_id=session_id)

    monkeypatch.setattr(gate, "session_warm", counted)
    before = goes_away(settings)
    assert [room.alice.get(PAGE).status_code for _ in range(3)] == [503] * 3
    assert len(attempts) == 1
    comes_back(settings, before)
    assert room.alice.get(PAGE).status_code == 200


# --- sockets, events, pulls, pushes


async def test_socket_joins_a_cold_session_with_its_whole_state(live: ColdRoom) -> None:
    async with ASGISocket(SESSION, live.writing) as socket:
        welcome = await socket.frame("welcome")
        entries = await socket.entries()
    assert (welcome["epoch"], welcome["seq"]) == (live.session.epoch, 5)
    assert [entry["seq"] for entry in entries] == [1, 2, 4]


async def test_socket_resumes_across_coldness_without_loading_again(live: ColdRoom) -> None:
    async with ASGISocket(SESSION, live.writing, live.position) as socket:
        await socket.frame("welcome")
        update = await socket.first()
    assert (update["type"], update["from"], update["to"]) == ("updates", 4, 5)
    assert [entry.get("deleted", False) for entry in update["entries"]] == [False, True]


async def test_events_resume_across_coldness(live: ColdRoom) -> None:
    async with ASGIEvents(EVENTS, live.writing, live.position) as events:
        update = await events.event("updates")
    assert update.id == f"{live.session.epoch}:5"


async def test_pull_and_push_reach_a_cold_session(live: ColdRoom) -> None:
    pulled = await live.http.get(ENTRIES, headers=live.writing)
    assert [entry["seq"] for entry in pulled.json()["entries"]] == [1, 2, 4]
    await sync_to_async(cool)(live.session)
    body = {"id": "a", "updates": [{"key": NEW, "content": 1}]}
    pushed = await live.http.post(ENTRIES, json=body, headers=live.writing)
    assert (pushed.status_code, pushed.json()["from"]) == (200, 6)


async def test_publishes_on_a_socket_keep_their_order_while_the_session_comes_back(live: ColdRoom) -> None:
    async with ASGISocket(SESSION, live.writing) as socket:
        await socket.frame("snapshot")
        await sync_to_async(cool)(live.session)
        for number in range(40):
            await socket.publish(f"p{number}", NEW, number)
        acks = [await socket.frame("ack") for _ in range(40)]
    assert [(ack["id"], ack["from"]) for ack in acks] == [(f"p{n}", 6 + n) for n in range(40)]
    entry = await SessionEntry.objects.aget(session=live.session, key=NEW)
    assert entry.content == "39"


async def test_reader_stays_connected_while_its_session_goes_and_comes(live: ColdRoom) -> None:
    async with ASGISocket(SESSION, live.writing) as reader:
        await reader.frame("snapshot")
        await sync_to_async(cool)(live.session)
        for _ in range(3):
            assert (await reader.frame("heartbeat"))["seq"] == 5
        assert await sync_to_async(is_cold)(live.session)
        await part(live.shared, live.agent, 1)
        update = await reader.frame("updates")
    assert (update["epoch"], update["from"], update["to"]) == (live.session.epoch, 6, 6)


async def test_many_that_ask_at_once_bring_it_back_once(live: ColdRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[bool] = []
    attempt = gate.session_warm

    def counted(*, session_id: int) -> bool:
        came.append(attempt(session_id=session_id))
        return came[-1]

    monkeypatch.setattr(gate, "session_warm", counted)
    answers = await asyncio.gather(*(live.http.get(ENTRIES, headers=live.writing) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert came.count(True) == 1
    assert await sync_to_async(rows_of)(live.session) == live.before


async def test_socket_of_a_session_that_cannot_come_back_is_told_when_to_ask_again(
    live: ColdRoom, settings: LazySettings
) -> None:
    goes_away(settings)
    async with ASGISocket(SESSION, live.writing) as socket:
        error, bye = await socket.frame("error"), await socket.frame("bye")
        code = await socket.closed()
    assert (error["code"], error["retry_after"]) == ("session_cold", gate.AWAY_SECONDS)
    assert (bye["reason"], bye["retry_after"], code) == ("session_cold", gate.AWAY_SECONDS, 1012)


async def test_publish_to_a_session_that_cannot_come_back_is_refused_and_changes_nothing(
    live: ColdRoom, settings: LazySettings
) -> None:
    async with ASGISocket(SESSION, live.writing) as socket:
        await socket.frame("snapshot")
        await sync_to_async(cool)(live.session)
        before = goes_away(settings)
        await socket.publish("a", NEW, 1)
        error = await socket.frame("error")
        comes_back(settings, before)
        await socket.publish("b", NEW, 2)
        ack = await socket.frame("ack")
    assert (error["id"], error["code"], error["retry_after"]) == ("a", "session_cold", gate.AWAY_SECONDS)
    assert (ack["id"], ack["from"]) == ("b", 6)


async def test_events_pulls_and_pushes_are_refused_with_the_time_to_wait(
    live: ColdRoom, settings: LazySettings
) -> None:
    goes_away(settings)
    async with ASGIEvents(EVENTS, live.writing) as events:
        body = await events.body()
    assert (events.status, body["error"]["code"]) == (503, "session_cold")
    assert events.headers["retry-after"] == str(gate.AWAY_SECONDS)
    pulled = await live.http.get(ENTRIES, headers=live.writing)
    publish = {"id": "a", "updates": [{"key": NEW, "content": 1}]}
    pushed = await live.http.post(ENTRIES, json=publish, headers=live.writing)
    assert [denial_of(answer) for answer in (pulled, pushed)] == [(503, "session_cold")] * 2
    assert {answer.headers["retry-after"] for answer in (pulled, pushed)} == {str(gate.AWAY_SECONDS)}


async def test_server_that_ends_refuses_what_waits_for_a_cold_session(
    live: ColdRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = asyncio.Event()
    monkeypatch.setattr(get_runtime()._waking, "_begin", lambda _session_id: asleep.set())
    waiting = asyncio.create_task(
        live.http.post(ENTRIES, json={"id": "a", "updates": [{"key": NEW, "content": 1}]}, headers=live.writing)
    )
    await asyncio.wait_for(asleep.wait(), 5)
    await stop_runtime()
    assert denial_of(await waiting) == (503, "session_cold")


async def test_server_that_ends_leaves_nobody_waiting_for_a_cold_session(
    live: ColdRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep, tasks = asyncio.Event(), list[asyncio.Task[Any] | None]()

    async def never(_session_id: int) -> None:
        tasks.append(asyncio.current_task())
        asleep.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(get_runtime()._waking, "_warm", never)
    waiting = asyncio.create_task(
        live.http.post(ENTRIES, json={"id": "a", "updates": [{"key": NEW, "content": 1}]}, headers=live.writing)
    )
    await asyncio.wait_for(asleep.wait(), 5)
    await stop_runtime()
    assert denial_of(await waiting) == (503, "session_cold")
    assert [task is not None and task.done() for task in tasks] == [True]


# --- agents


async def test_agent_creating_again_brings_the_session_back_before_its_first_batch(live: ColdRoom) -> None:
    agent = AgentClient(host=HOST)
    shared = await agent.create("ses_2")
    await agent.sync(shared, {"type": "session", "data": {"id": "ses_2", "title": "t"}})
    session = await Session.objects.aget(client_id="ses_2")
    await sync_to_async(cool)(session)
    assert await agent.create("ses_2") == shared
    await asyncio.wait_for(asyncio.wrap_future(gate.warm_begin(session.pk)), 5)
    assert not await sync_to_async(is_cold)(session)


async def test_agent_creating_a_share_of_a_session_that_is_here_starts_no_thread_for_it(
    live: ColdRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = list[int]()
    monkeypatch.setattr(creation, "warm_begin", begun.append)
    await live.agent.create("ses_2")
    await live.agent.create("ses_2")
    assert begun == []


async def test_agents_sync_and_data_reach_a_cold_session(live: ColdRoom) -> None:
    assert len(await live.agent.data(live.shared)) == 3
    await sync_to_async(cool)(live.session)
    assert (await part(live.shared, live.agent, 1)).json() == {}
    assert len(await live.agent.data(live.shared)) == 4


async def test_older_agents_reach_a_cold_session(live: ColdRoom) -> None:
    answer = await live.agent.send("GET", f"/share_data?id={live.share.id}")
    assert answer.json()["info"]["title"] == "Ünicode"
    await sync_to_async(cool)(live.session)
    assert (await live.agent.sync_older(live.shared, NEW, {"id": "prt_7"})).status_code == 200
    await sync_to_async(cool)(live.session)
    socket = communicator(f"/share_poll?id={live.share.id}")
    await socket.connect()
    frames = [json.loads(await socket.receive_from(timeout=5)) for _ in range(4)]
    await socket.disconnect()
    assert {frame["key"] for frame in frames} >= {PART, NEW}


async def test_agents_batch_is_held_while_the_object_cannot_be_had_and_merged_when_it_can(
    live: ColdRoom, settings: LazySettings
) -> None:
    before = goes_away(settings)
    answers = [await part(live.shared, live.agent, n) for n in (1, 2, 3)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {})] * 3
    older = await live.agent.sync_older(live.shared, f"{NEW}8", {"id": "prt_78"})
    assert older.status_code == 200
    assert (await HeldItem.objects.acount(), await SessionEntry.objects.acount()) == (4, 0)
    comes_back(settings, before)
    items = await live.agent.data(live.shared)
    assert [item["data"]["n"] for item in items if item["data"].get("id") == "prt_7"] == [3]
    await live.session.arefresh_from_db()
    assert (live.session.head_seq, live.session.entry_count) == (7, 5)
    assert await HeldItem.objects.acount() == 0
    assert live.session.snapshot_due_at is not None


async def test_held_item_that_is_stale_stays_out(live: ColdRoom, settings: LazySettings) -> None:
    """What is stored decides, as if the batch had arrived now: prt_0 has the rank 0, the info 7."""
    before = goes_away(settings)
    old = {"type": "session", "data": {"id": "ses_1", "title": "old", "time": {"updated": 6}}}
    new = {"type": "session", "data": {"id": "ses_1", "title": "new", "time": {"updated": 8}}}
    for item in (new, old):
        assert (await live.agent.sync(live.shared, item)).status_code == 200
    comes_back(settings, before)
    assert await sync_to_async(held_sessions_warm)() == 1
    await live.session.arefresh_from_db()
    assert (live.session.title, live.session.head_seq, live.session.cold_at) == ("new", 6, None)


async def test_agents_batch_is_committed_when_the_session_is_back_as_its_waiter_gives_up(
    live: ColdRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gives_up(session_id: int) -> None:
        await sync_to_async(session_warm)(session_id=session_id)
        raise SessionCold(retry_after=1)

    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(get_runtime()._waking, "_warm", gives_up)
    assert (await part(live.shared, live.agent, 1)).status_code == 200
    assert await SessionEntry.objects.filter(key=NEW).acount() == 1
    assert await HeldItem.objects.acount() == 0


async def test_agents_batch_is_held_once_nobody_has_the_row_locked(
    live: ColdRoom, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, failures = batches.items_hold, [OperationalError(LOCK_WAITED, "Lock wait timeout exceeded")] * 2

    def locked_at_first(*, session_id: int, items: Any) -> bool:
        while failures:
            raise failures.pop()
        return hold(session_id=session_id, items=items)

    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(batches, "items_hold", locked_at_first)
    goes_away(settings)
    assert (await part(live.shared, live.agent, 1)).status_code == 200
    assert await HeldItem.objects.acount() == 1


async def test_agent_is_refused_only_when_more_is_held_than_may_be(
    live: ColdRoom, settings: LazySettings, short_patience: None
) -> None:
    settings.SYNC_HELD_BYTES = 100
    goes_away(settings)
    assert (await part(live.shared, live.agent, 1)).status_code == 200
    assert (await part(live.shared, live.agent, 2)).status_code == 200
    refused = await part(live.shared, live.agent, 3)
    assert denial_of(refused) == (503, "session_cold")
    assert refused.json()["error"]["limit"] == 100
    assert await HeldItem.objects.acount() == 2


@pytest.mark.parametrize(
    ("limit", "column", "room"),
    [("SYNC_SESSION_ENTRIES", "entry_count", 1), ("SYNC_SESSION_BYTES", "content_bytes", 99)],
)
async def test_agent_is_refused_what_the_session_could_have_no_room_for_and_the_rest_gets_in(
    live: ColdRoom, settings: LazySettings, limit: str, column: str, room: int
) -> None:
    setattr(settings, limit, getattr(live.session, column) + room)
    before = goes_away(settings)
    answers = [await part(live.shared, live.agent, n) for n in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    refused = await live.agent.sync(live.shared, {"type": "part", "data": {"id": "prt_8", "messageID": "msg_1"}})
    assert denial_of(refused) == (413, "session_full")
    comes_back(settings, before)
    assert await sync_to_async(held_sessions_warm)() == 1
    assert json.loads((await SessionEntry.objects.aget(key=NEW)).content)["n"] == 2
    assert await HeldItem.objects.acount() == 0


async def test_reads_of_agents_are_refused_in_the_end(
    live: ColdRoom, settings: LazySettings, short_patience: None
) -> None:
    goes_away(settings)
    newer = await live.agent.send("GET", f"/api/share/{live.share.id}/data")
    older = await live.agent.send("GET", f"/share_data?id={live.share.id}")
    assert [denial_of(answer) for answer in (newer, older)] == [(503, "session_cold")] * 2
    assert newer.headers["retry-after"] == str(gate.AWAY_SECONDS)
    assert await communicator(f"/share_poll?id={live.share.id}").connect() == (False, 1012)


async def test_erasing_takes_what_is_held_too(live: ColdRoom, settings: LazySettings) -> None:
    before = goes_away(settings)
    await part(live.shared, live.agent, 1)
    comes_back(settings, before)
    receipt = await sync_to_async(session_erase)(session_id=live.session.pk, actor=THE_CONSOLE)
    assert receipt is not None
    assert await HeldItem.objects.acount() == 0
    await sync_to_async(read_warm)(lambda: None)


def test_readiness_tells_of_what_is_held(room: ColdRoom, settings: LazySettings) -> None:
    HeldItem.objects.create(session=room.session, key=NEW, kind="part", content="{}", size=2, phase=0)
    assert Client().get("/readyz").json() == {"status": "ready"}
    HeldItem.objects.update(created_at=utc_now().replace(year=2020))
    assert Client().get("/readyz").json() == {"status": "degraded", "degraded": ["object_storage"]}
