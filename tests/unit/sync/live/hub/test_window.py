"""How long updates are kept back to share a frame: by what the last frame cost to write, and how many shared it."""

import asyncio
import time

import uvloop

from sync.live.hub.window import FlushWindow

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

    async def frame_of(self, updates: int) -> float:
        """Write a frame of so many, long after the one before; how long the next is kept back then."""
        self.now += 1
        for _ in range(updates):
            self.window.add(["{}"], READERS)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(self.frames[-1]) == updates
        return round(self.window.seconds(READERS), 6)


async def test_first_update_of_a_quiet_session_leaves_at_once() -> None:
    writing = Writing()
    assert writing.window.seconds(READERS) == 0
    writing.window.add(["{}"], READERS)
    await asyncio.sleep(0)
    assert writing.frames == [["{}"]]


async def test_lone_update_is_followed_as_soon_as_it_is_written() -> None:
    assert await Writing().frame_of(1) == WRITING_SECONDS


async def test_more_updates_in_a_frame_keep_the_next_back_longer_up_to_the_longest_window() -> None:
    writing = Writing()
    assert await writing.frame_of(3) == 3 * WRITING_SECONDS
    assert await writing.frame_of(32) == LONGEST_SECONDS
    assert await writing.frame_of(1) == WRITING_SECONDS


async def test_update_within_the_window_waits_for_the_rest_of_it() -> None:
    writing = Writing()
    await writing.frame_of(4)
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
