"""Merges updates that arrive within a few milliseconds into one frame; on a quiet session an update leaves at once.

After a frame the next one waits, so that writing does not fill the core: four times what a frame costs at most. A
publisher that waits for each acknowledgement gains nothing by that, as its next update comes alone: then the next frame
waits only as long as the last one took to write. Before many readers sharing matters more than leaving soon.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

MERGE_SECONDS: Final = 0.002
# A frame costs up to 20 µs to write to one reader; the longest window is four times that.
READER_SECONDS: Final = 0.000_08
# Before more readers than these, one update a frame would take twice the CPU a delivery.
SOON_READERS: Final = 256
# So many frames in a row tell a publisher that waits from one whose updates are sometimes committed by themselves.
LONE_FRAMES: Final = 8
FRAME_CHARACTERS: Final = 512 * 1024


class FlushWindow:
    """Collects entries' texts and calls `flush(pieces)` at most once in a window, or when a frame's worth is there.

    `clock` returns seconds. The event loop's own clock would not do: uvloop's stands still within a turn of the loop.
    """

    def __init__(self, flush: Callable[[list[str]], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._flush = flush
        self._clock = clock
        self._pieces: list[str] = []
        self._characters = 0
        self._flushed_at = 0.0
        self._write_seconds = 0.0
        # How many of the last frames had updates that came one by one, and whether those that wait do.
        self._lone_frames = LONE_FRAMES
        self._are_alone = True
        self._timer: asyncio.Handle | None = None

    @property
    def count(self) -> int:
        """How many updates wait in the window."""
        return len(self._pieces)

    def seconds(self, readers: int) -> float:
        """The window: how long after the last frame's writing began the next frame may leave."""
        longest = max(MERGE_SECONDS, readers * READER_SECONDS)
        is_soon = self._lone_frames >= LONE_FRAMES and readers <= SOON_READERS
        return min(self._write_seconds, longest) if is_soon else longest

    def add(self, pieces: Sequence[str], readers: int) -> None:
        self._are_alone = self._are_alone and len(pieces) == 1
        self._pieces.extend(pieces)
        self._characters += sum(map(len, pieces))
        if self._characters >= FRAME_CHARACTERS:
            self.flush()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._flushed_at + self.seconds(readers) - self._clock()
            # call_soon lets everything that came in this turn of the loop share the frame.
            self._timer = loop.call_later(wait, self.flush) if wait > 0 else loop.call_soon(self.flush)

    def flush(self) -> None:
        """Pass on what waits, if anything does."""
        self.cancel()
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._lone_frames = self._lone_frames + 1 if self._are_alone else 0
            self._are_alone = True
            self._characters = 0
            self._flushed_at = self._clock()
            self._flush(pieces)
            self._write_seconds = self._clock() - self._flushed_at

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
