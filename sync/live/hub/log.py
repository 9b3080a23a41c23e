"""The short log of a hub's frames, bounded in bytes."""

from collections import deque
from typing import Final

from sync.live.hub.frame import Frame

LOG_BYTES: Final = 4 * 1024 * 1024


class FrameLog:
    """The newest frames, contiguous. A reader names its place by an ordinal, which never repeats."""

    def __init__(self, limit: int = LOG_BYTES) -> None:
        self._frames: deque[Frame] = deque()
        self._times: deque[float] = deque()
        self._limit = limit
        self._base = 0
        self.bytes = 0

    def append(self, frame: Frame, now: float = 0.0) -> int:
        """Add the frame that follows, appended at `now` (in seconds); returns its ordinal."""
        self._frames.append(frame)
        self._times.append(now)
        self.bytes += frame.size
        while self.bytes > self._limit and len(self._frames) > 1:
            self._drop()
        return self._base + len(self._frames) - 1

    def expire(self, before: float) -> None:
        """Drop frames appended before that moment, so that quiet sessions hold no memory."""
        while self._frames and self._times[0] < before:
            self._drop()

    def _drop(self) -> None:
        self.bytes -= self._frames.popleft().size
        self._times.popleft()
        self._base += 1

    @property
    def last(self) -> int:
        """The number the log reaches to; -1 when it is empty."""
        return self._frames[-1].last if self._frames else -1

    def find(self, seq: int, hint: int) -> tuple[Frame, int] | None:
        """The frame that holds `seq + 1` and its ordinal; None when the log no longer, or not yet, has it.

        `hint` is the ordinal a reader expects next; it is right unless the reader joined or fell behind.
        """
        place = hint - self._base
        if 0 <= place < len(self._frames) and self._frames[place].first == seq + 1:
            return self._frames[place], hint
        for place in range(len(self._frames) - 1, -1, -1):
            frame = self._frames[place]
            if frame.first <= seq + 1 <= frame.last:
                return frame, self._base + place
        return None

    def bytes_after(self, seq: int) -> int | None:
        """The size of the frames after `seq`; None when the log does not reach back that far."""
        total = 0
        for frame in reversed(self._frames):
            if frame.last <= seq:
                return total
            total += frame.size
            if frame.first <= seq + 1:
                return total
        return None
