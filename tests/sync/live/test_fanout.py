"""Several processes on one layer: who is told what, and how often anything is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from sync.live import fanout
from sync.live.fanout import PROCESSES, Fanout
from sync.live.hub import HubRegistry, Range

HEARTBEAT_SECONDS = 0.1
SMALL, LARGE = "x" * 100, "x" * (fanout.MESSAGE_CHARACTERS + 1)


class Layer:
    """A layer that loses nothing and remembers what was sent to whom."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}

    async def new_channel(self) -> str:
        name = f"process{len(self._queues)}"
        self._queues[name] = asyncio.Queue()
        return name

    async def group_add(self, group: str, channel: str) -> None:
        assert (group, channel in self._queues) == (PROCESSES, True)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append((group, message))
        for queue in self._queues.values():
            queue.put_nowait(message)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.sent.append((channel, message))
        self._queues[channel].put_nowait(message)

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self._queues[channel].get()

    @property
    def channels(self) -> list[str]:
        return list(self._queues)

    def ranges(self) -> list[tuple[str, list[int]]]:
        """Of every message with ranges: to whom, and of which sessions."""
        return [(to, [each[0] for each in m["ranges"]]) for to, m in self.sent if m["type"] == "sync.ranges"]


class Hubs(HubRegistry):
    """Remembers what was delivered to it."""

    def __init__(self) -> None:
        self.got: list[tuple[int, Range]] = []

    def deliver(self, session_id: int, update: Range) -> None:
        self.got.append((session_id, update))


class Process:
    def __init__(self) -> None:
        self.hubs = Hubs()
        self.heard: list[Any] = []
        self.fanout = Fanout(HEARTBEAT_SECONDS)
        self.fanout.at_message("sync.live.presence", self.heard.append)
        self.fanout.start(self.hubs)


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def update(session_id: int, piece: str = SMALL) -> tuple[int, Range]:
    return session_id, Range("e", 1, 1, [piece])


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    layer = Layer()
    monkeypatch.setattr(fanout, "get_channel_layer", lambda: layer)
    return layer


@pytest_asyncio.fixture
async def start(layer: Layer) -> AsyncIterator[Callable[[], Process]]:
    started: list[Process] = []

    def one() -> Process:
        started.append(Process())
        return started[-1]

    yield one
    for process in started:
        await process.fanout.stop()


async def test_commit_nobody_else_reads_is_sent_to_nobody(layer: Layer, start: Callable[[], Process]) -> None:
    alone = start()
    await settle()
    alone.fanout.join(1)
    alone.fanout.announce([update(1)])
    other = start()
    other.fanout.join(2)
    await settle()
    alone.fanout.announce([update(1)])
    await settle()
    assert layer.ranges() == []
    assert (alone.fanout.is_read_elsewhere(1), alone.fanout.is_read_elsewhere(2)) == (False, True)


async def test_process_is_sent_what_it_reads_of_one_commit_in_one_message(
    layer: Layer, start: Callable[[], Process]
) -> None:
    writing, reading, idle = start(), start(), start()
    await settle()
    for session_id in (1, 2):
        reading.fanout.join(session_id)
    await settle()
    writing.fanout.announce([update(1), update(2), update(3)])
    await settle()
    assert layer.ranges() == [("process1", [1, 2])]
    assert reading.hubs.got == [update(1), update(2)]
    assert idle.hubs.got == []


async def test_process_that_starts_later_learns_what_is_read(start: Callable[[], Process]) -> None:
    reading = start()
    await settle()
    reading.fanout.join(1)
    await settle()
    late = start()
    await settle()
    assert late.fanout.is_read_elsewhere(1)
    assert (late.fanout.has_others, reading.fanout.has_others) == (True, True)


async def test_sessions_joined_in_one_turn_are_told_in_one_message(layer: Layer, start: Callable[[], Process]) -> None:
    start()
    reading = start()
    await settle()
    layer.sent.clear()
    for session_id in range(50):
        reading.fanout.join(session_id)
    await settle()
    assert [(to, len(message["sessions"])) for to, message in layer.sent] == [(PROCESSES, 50)]


async def test_process_that_cannot_enter_at_first_enters_with_the_channel_it_made(
    layer: Layer, start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    enter, failures = layer.group_add, [ConnectionError("away")] * 2

    async def away_at_first(group: str, channel: str) -> None:
        while failures:
            raise failures.pop()
        await enter(group, channel)

    monkeypatch.setattr(fanout, "RECEIVE_RETRY_SECONDS", 0)
    monkeypatch.setattr(layer, "group_add", away_at_first)
    writing, reading = start(), start()
    await settle()
    reading.fanout.join(1)
    await settle()
    assert writing.fanout.is_read_elsewhere(1)
    assert layer.channels == ["process0", "process1"]


async def test_lost_word_of_a_reader_is_made_good_by_the_next_heartbeat(
    layer: Layer, start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        pass

    writing, reading = start(), start()
    await settle()
    with monkeypatch.context() as patch:
        patch.setattr(layer, "group_send", lost)
        reading.fanout.join(1)
        await settle()
    assert not writing.fanout.is_read_elsewhere(1)
    reading.fanout.beat()
    await settle()
    assert writing.fanout.is_read_elsewhere(1)


async def test_process_that_falls_silent_is_not_sent_to_any_longer(start: Callable[[], Process]) -> None:
    writing, reading = start(), start()
    await settle()
    reading.fanout.join(1)
    await settle()
    await reading.fanout.stop()
    await asyncio.sleep(HEARTBEAT_SECONDS * 2.2)
    writing.fanout.beat()
    assert (writing.fanout.is_read_elsewhere(1), writing.fanout.has_others) == (False, False)


async def test_large_range_goes_without_content_and_many_go_in_several_messages(
    layer: Layer, start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "MESSAGE_CHARACTERS", 250)
    writing, reading = start(), start()
    await settle()
    for session_id in range(5):
        reading.fanout.join(session_id)
    await settle()
    writing.fanout.announce([update(0, LARGE), *(update(number) for number in range(1, 5))])
    await settle()
    assert layer.ranges() == [("process1", [0, 1, 2]), ("process1", [3, 4])]
    assert [ranges.pieces for _, ranges in reading.hubs.got] == [None, [SMALL], [SMALL], [SMALL], [SMALL]]


async def test_presence_is_told_to_whoever_reads_the_session(start: Callable[[], Process]) -> None:
    here, reading, idle = start(), start(), start()
    await settle()
    reading.fanout.join(1)
    await settle()
    here.fanout.broadcast(1, {"type": "sync.live.presence"})
    await settle()
    assert [process.heard for process in (here, reading, idle)] == [
        [],
        [{"type": "sync.live.presence", "session": 1}],
        [],
    ]


async def test_message_to_all_is_heard_by_whoever_asked_for_its_kind(
    layer: Layer, start: Callable[[], Process]
) -> None:
    first, second = start(), start()
    await settle()
    first.fanout.tell({"type": "sync.live.presence", "process": 1})
    first.fanout.tell({"type": "others", "process": 2})
    await settle()
    assert first.heard == second.heard == [{"type": "sync.live.presence", "process": 1}]
