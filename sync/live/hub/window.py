"""Merges updates that arrive within a few milliseconds into one frame; on a quiet session an update leaves at once."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

MERGE_SECONDS: Final = 0.002
# A frame costs up to 20 µs to write to one reader; the window grows so that writing fills a quarter of it at most.
READER_SECONDS: Final = 0.000_08
FRAME_CHARACTERS: Final = 512 * 1024


class FlushWindow:
    """Collects entries' texts and calls `flush(pieces)` at most once in a window, or when a frame's worth is there."""

    def __init__(self, flush: Callable[[list[str]], None]) -> None:
        self._flush = flush
        self._pieces: list[str] = []
        self._characters = 0
        self._flushed_at = 0.0
        self._timer: asyncio.Handle | None = None

    @property
    def count(self) -> int:
        """How many updates wait in the window."""
        return len(self._pieces)

    def add(self, pieces: Sequence[str], readers: int) -> None:
        self._pieces.extend(pieces)
        self._characters += sum(map(len, pieces))
        if self._characters >= FRAME_CHARACTERS:
            self.flush()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._flushed_at + max(MERGE_SECONDS, readers * READER_SECONDS) - loop.time()
            # call_soon lets everything that came in this turn of the loop share the frame.
            self._timer = loop.call_later(wait, self.flush) if wait > 0 else loop.call_soon(self.flush)

    def flush(self) -> None:
        """Pass on what waits, if anything does."""
        self.cancel()
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._characters = 0
            self._flushed_at = asyncio.get_running_loop().time()
            self._flush(pieces)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
