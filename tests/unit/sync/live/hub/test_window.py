"""How long updates are kept back to share a frame: by how they come, what a frame costs to write, and for how many."""

import asyncio
import time

import uvloop

from sync.live.hub.window import LONE_FRAMES, READER_SECONDS, SOON_READERS, FlushWindow

WRITING_SECONDS = 0.004
READERS = 200
LONGEST_SECONDS = 0.016


class Writing:
    """Takes WRITING_SECONDS for a frame, by a clock of its own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.frames: list[list[str]] = []
        self.window = FlushWindow(self._flush, lambda: self.now)

    def _flush(self, pieces: list[str]) -> None:
        self.frames.append(pieces)
        self.now += WRITING_SECONDS

    async def frame_of(self, *publishes: int, readers: int = READERS) -> float:
        """Write a frame of publishes of so many updates each, long after the one before; the window that follows."""
        self.now += 1
        for updates in publishes:
            self.window.add(["{}"] * updates, readers)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(self.frames[-1]) == sum(publishes)
        return round(self.window.seconds(readers), 6)


async def test_first_update_of_a_quiet_session_leaves_at_once() -> None:
    writing = Writing()
    assert writing.window.seconds(READERS) == 0
    writing.window.add(["{}"], READERS)
    await asyncio.sleep(0)
    assert writing.frames == [["{}"]]


async def test_publisher_that_waits_is_followed_as_soon_as_a_frame_is_written() -> None:
    assert await Writing().frame_of(1) == WRITING_SECONDS


async def test_updates_that_come_together_keep_the_next_frame_back() -> None:
    assert await Writing().frame_of(2) == LONGEST_SECONDS


async def test_one_update_alone_among_many_together_changes_nothing_and_several_in_a_row_do() -> None:
    writing = Writing()
    await writing.frame_of(2)
    windows = [await writing.frame_of(1) for _ in range(LONE_FRAMES)]
    assert windows == [LONGEST_SECONDS] * (LONE_FRAMES - 1) + [WRITING_SECONDS]


async def test_updates_that_share_a_frame_and_came_one_by_one_are_those_of_one_who_waits() -> None:
    assert await Writing().frame_of(1, 1, 1) == WRITING_SECONDS


async def test_before_many_readers_sharing_a_frame_matters_more() -> None:
    readers = SOON_READERS + 1
    assert await Writing().frame_of(1, readers=readers) == round(readers * READER_SECONDS, 6)


async def test_update_within_the_window_waits_for_the_rest_of_it() -> None:
    writing = Writing()
    await writing.frame_of(2)
    writing.window.add(["{}"], READERS)
    await asyncio.sleep(0)
    assert (writing.window.count, len(writing.frames)) == (1, 1)
    async with asyncio.timeout(5):
        while writing.window.count:  # noqa: ASYNC110 - a timer of the loop
            await asyncio.sleep(0.001)
    assert len(writing.frames) == 2


def test_writing_is_measured_on_the_loop_of_the_server_too() -> None:
    def write(_pieces: list[str]) -> None:
        until = time.monotonic() + WRITING_SECONDS
        while time.monotonic() < until:
            pass

    async def measured() -> float:
        window = FlushWindow(write)
        window.add(["{}"], READERS)
        window.flush()
        return window.seconds(READERS)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(measured()) >= WRITING_SECONDS
