"""Merges updates that arrive within a few milliseconds into one frame; on a quiet session an update leaves at once.

After a frame the next one waits as long as that frame took to write, once for each update in it. A publisher that waits
for its acknowledgements has one update in each frame, so it waits for one frame's writing. Of a publisher that does not
wait, more and more updates share a frame, up to the longest window, of which writing is a quarter at most.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

MERGE_SECONDS: Final = 0.002
# A frame costs up to 20 µs to write to one reader; the longest window is four times that.
READER_SECONDS: Final = 0.000_08
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
        self._timer: asyncio.Handle | None = None

    @property
    def count(self) -> int:
        """How many updates wait in the window."""
        return len(self._pieces)

    def seconds(self, readers: int) -> float:
        """The window: how long after the last frame's writing began the next frame may leave."""
        return min(self._write_seconds, max(MERGE_SECONDS, readers * READER_SECONDS))

    def add(self, pieces: Sequence[str], readers: int) -> None:
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
            self._characters = 0
            self._flushed_at = self._clock()
            self._flush(pieces)
            self._write_seconds = (self._clock() - self._flushed_at) * len(pieces)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
