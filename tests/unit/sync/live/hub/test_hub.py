"""The hub against a database in memory: whatever is lost, doubled or reordered, readers see one gapless order."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.live.hub import ReaderEnded, SessionHub, frame, session, window
from sync.live.hub.log import FrameLog
from sync.protocol.closing import CloseCode
from sync.protocol.positions import Position
from tests.unit.sync.live.hub.model import EPOCH, CheckingReader, MemoryDatabase, settle

KEYS = [f"session/part/s/m/p{number}" for number in range(4)]

actions = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.lists(st.sampled_from(KEYS), min_size=1, max_size=4)),
        st.tuples(st.just("deliver"), st.integers(0, 20)),
        st.tuples(st.just("drop"), st.integers(0, 20)),
        st.tuples(st.just("double"), st.integers(0, 20)),
        st.tuples(st.just("join"), st.just(None)),
        st.tuples(st.just("resume"), st.integers(0, 20)),
        st.tuples(st.just("drain"), st.integers(0, 20)),
        st.tuples(st.just("tick"), st.just(None)),
    ),
    max_size=40,
)


async def play(script: list[tuple[str, object]], log_bytes: int) -> None:
    database = MemoryDatabase()
    hub = SessionHub(1, database.load)
    hub.frames = FrameLog(log_bytes)
    readers: list[CheckingReader] = []
    left: list[CheckingReader] = []
    waiting: list[object] = []
    for action, value in script:
        if action == "commit":
            waiting.append(database.commit(value))  # type: ignore[arg-type]
        elif action in {"deliver", "double"} and waiting:
            place = value % len(waiting)  # type: ignore[operator]
            hub.deliver(waiting[place] if action == "double" else waiting.pop(place))  # type: ignore[arg-type]
        elif action == "drop" and waiting:
            waiting.pop(value % len(waiting))  # type: ignore[operator]
        elif action == "join":
            readers.append(CheckingReader(hub))
            await readers[-1].join()
        elif action == "resume" and readers:
            gone = readers.pop(value % len(readers))  # type: ignore[operator]
            left.append(gone)
            readers.append(CheckingReader(hub, Position(EPOCH, gone.seq), gone.state))
            await readers[-1].join()
        elif action == "drain" and readers:
            await readers[value % len(readers)].drain()  # type: ignore[operator]
        elif action == "tick":
            await asyncio.sleep(0)
    readers.append(CheckingReader(hub))
    await readers[-1].join()
    hub.check(Position(database.epoch, len(database.updates)))
    await settle(hub)
    expected = {row.key: row.seq for row in database.state().rows}
    for reader in readers:
        await reader.drain()
        assert (reader.seq, reader.state) == (len(database.updates), expected)


@pytest.fixture(scope="module", autouse=True)
def short_waits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "MERGE_SECONDS", 0.004)
        patch.setattr(session, "GAP_SECONDS", 0.002)
        yield


@settings(deadline=None)
@given(actions, st.sampled_from([1, 300, 10_000_000]), st.sampled_from([-10_000, 10_000_000]))
def test_readers_converge_without_gap_repeat_or_step_back(
    script: list[tuple[str, object]], log_bytes: int, tail_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "STATE_TAIL_BYTES", tail_bytes)
        asyncio.run(play(script, log_bytes))


async def joined(database: MemoryDatabase) -> tuple[SessionHub, CheckingReader]:
    hub = SessionHub(1, database.load)
    reader = CheckingReader(hub)
    await reader.join()
    return hub, reader


async def test_updates_of_one_turn_share_a_frame() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    for _ in range(5):
        hub.deliver(database.commit(KEYS))
    await settle(hub)
    await reader.drain()
    assert (reader.frames, reader.seq) == (1, 20)


async def test_twenty_joiners_cost_one_read() -> None:
    database = MemoryDatabase()
    database.commit(KEYS)
    hub = SessionHub(1, database.load)
    readers = [CheckingReader(hub) for _ in range(20)]
    await asyncio.gather(*(reader.join() for reader in readers))
    assert database.reads == 1
    assert {reader.seq for reader in readers} == {4}


async def test_commit_during_the_first_read_is_not_lost() -> None:
    database = MemoryDatabase()
    database.commit(KEYS)
    hub = SessionHub(1, database.load)
    reader = CheckingReader(hub)
    database.answer.clear()
    joining = asyncio.ensure_future(reader.join())
    await database.has_read.wait()
    hub.deliver(database.commit(KEYS))
    database.answer.set()
    await joining
    await settle(hub)
    await reader.drain()
    assert reader.seq == 8


async def test_joiner_in_the_middle_of_a_frame_gets_the_rest_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "STATE_TAIL_BYTES", -10_000)
    database = MemoryDatabase()
    hub, _ = await joined(database)
    for _ in range(2):
        hub.deliver(database.commit(KEYS))
        await asyncio.sleep(0)
    reader = CheckingReader(hub)
    await reader.join()
    hub.deliver(database.commit(KEYS))
    await settle(hub)
    await reader.drain()
    assert reader.seq == 12


async def test_update_that_comes_while_its_gap_is_read_is_sent_once() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    late = database.commit(KEYS)
    database.has_read.clear()
    database.answer.clear()
    early = database.commit(KEYS)
    database.commit(KEYS[:1])
    hub.deliver(early)
    await database.has_read.wait()
    hub.deliver(late)
    database.answer.set()
    await settle(hub)
    await reader.drain()
    assert reader.seq == 9


async def test_full_window_leaves_at_once_and_is_numbered_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "FRAME_CHARACTERS", 100)
    database = MemoryDatabase()
    hub, reader = await joined(database)
    for _ in range(5):
        hub.deliver(database.commit(KEYS))
    await reader.drain()
    assert (reader.seq, database.reads) == (20, 1)


async def test_lagging_reader_catches_up_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "PART_CHARACTERS", 200)
    monkeypatch.setattr(session, "PART_ROWS", 7)
    database = MemoryDatabase()
    hub, reader = await joined(database)
    hub.deliver(database.commit([f"session/part/s/m/q{number}" for number in range(50)]))
    await settle(hub)
    hub.trim(asyncio.get_running_loop().time() + 60)
    await reader.drain()
    assert (reader.seq, len(reader.state)) == (50, 50)
    assert reader.frames >= 50 / 7


async def test_updates_on_their_way_are_not_read_for_a_heartbeat() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    update = database.commit(KEYS)
    hub.check(Position(EPOCH, 4))
    hub.deliver(update)
    await settle(hub)
    await reader.drain()
    assert (reader.seq, database.reads) == (4, 1)


async def test_early_update_is_held_and_costs_no_read() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    first, second = database.commit(KEYS), database.commit(KEYS)
    hub.deliver(second)
    hub.deliver(first)
    await settle(hub)
    await reader.drain()
    assert (reader.seq, database.reads) == (8, 1)


async def test_resume_above_the_head_loads_again() -> None:
    database = MemoryDatabase()
    database.commit(KEYS)
    hub, _ = await joined(database)
    reader = CheckingReader(hub, Position(EPOCH, 99))
    await reader.join()
    assert reader.seq == 4


async def test_resume_of_another_epoch_loads_again() -> None:
    database = MemoryDatabase()
    database.commit(KEYS)
    hub, _ = await joined(database)
    reader = CheckingReader(hub, Position("other", 2))
    await reader.join()
    assert (reader.seq, len(reader.state)) == (4, 4)


async def test_resume_knows_what_this_process_has_not_heard_of() -> None:
    database = MemoryDatabase()
    hub, _ = await joined(database)
    database.commit(KEYS)
    reader = CheckingReader(hub, Position(EPOCH, 4))
    await reader.join()
    assert reader.state == {}


@pytest.mark.parametrize(
    ("head", "code"), [(Position("e2", 0), CloseCode.EPOCH_CHANGED), (None, CloseCode.SESSION_REMOVED)]
)
async def test_readers_end_when_the_row_says_so(head: Position | None, code: CloseCode) -> None:
    hub, reader = await joined(MemoryDatabase())
    hub.check(head)
    with pytest.raises(ReaderEnded) as ended:
        reader.cursor.take()
    assert ended.value.code is code


async def test_log_is_bounded_and_a_late_reader_gets_the_state() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    hub.frames = FrameLog(1000)
    for _ in range(200):
        hub.deliver(database.commit(KEYS))
        await settle(hub)
    assert hub.frames.bytes <= 1000
    await reader.drain()
    assert (reader.seq, reader.frames < 5) == (800, True)


async def test_old_frames_are_let_go_and_a_late_reader_gets_the_state() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    hub.deliver(database.commit(KEYS))
    await settle(hub)
    hub.trim(asyncio.get_running_loop().time() + 60)
    assert hub.frames.bytes == 0
    await reader.drain()
    assert (reader.seq, database.reads) == (4, 2)


async def test_heartbeat_carries_the_head() -> None:
    database = MemoryDatabase()
    database.commit(KEYS)
    hub, reader = await joined(database)
    hub.beat()
    assert json.loads(reader.cursor.take() or "") == {"type": "heartbeat", "epoch": EPOCH, "seq": 4}
    assert reader.cursor.take() is None


async def test_a_range_too_large_for_the_layer_is_read() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    hub.deliver(database.commit(KEYS)._replace(pieces=None))
    await settle(hub)
    await reader.drain()
    assert reader.seq == 4


async def test_unfilled_gap_is_read_without_a_heartbeat() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    database.commit(KEYS)
    hub.deliver(database.commit(KEYS))
    async with asyncio.timeout(2):
        while reader.seq < 8:
            await reader.drain()
            await asyncio.sleep(0.005)


async def test_gap_that_cannot_be_read_is_tried_again_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GAP_SECONDS", 0.01)
    database = MemoryDatabase()
    hub, reader = await joined(database)
    database.commit(KEYS)
    database.is_away = True
    reads = database.reads
    hub.deliver(database.commit(KEYS))
    await asyncio.sleep(0.5)
    assert 2 <= database.reads - reads <= 6
    database.is_away = False
    async with asyncio.timeout(5):
        while reader.seq < 8:
            await reader.drain()
            await asyncio.sleep(0.005)
    database.commit(KEYS)
    hub.deliver(database.commit(KEYS))
    await asyncio.sleep(0)
    async with asyncio.timeout(0.3):
        while reader.seq < 16:
            await reader.drain()
            await asyncio.sleep(0.005)


async def test_early_update_waits_for_everything_before_it() -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    first, second, third, fourth = (database.commit(KEYS) for _ in range(4))
    for update in (fourth, first, third, second):
        hub.deliver(update)
    await settle(hub)
    await reader.drain()
    assert (reader.seq, database.reads) == (16, 1)


async def test_what_waits_in_the_window_leaves_before_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    database = MemoryDatabase()
    hub, reader = await joined(database)
    hub.deliver(database.commit(KEYS))
    await settle(hub)
    monkeypatch.setattr(window.FlushWindow, "seconds", lambda _window, _readers: 60)
    hub.deliver(database.commit(KEYS))
    hub.deliver(database.commit(KEYS)._replace(pieces=None))
    await settle(hub)
    await reader.drain()
    assert reader.seq == 12


def test_reader_whose_hint_is_old_gets_the_frame_it_needs() -> None:
    frames = FrameLog()
    for first in (1, 3, 5):
        frames.append(frame.Frame(EPOCH, first, first + 1, [first, first + 1], ["1", "2"]))
    for hint in range(-1, 4):
        found = frames.find(4, hint)
        assert found is not None
        assert (found[0].first, found[1]) == (5, 2)
