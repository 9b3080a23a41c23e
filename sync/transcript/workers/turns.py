"""Shares the workers fairly: one turn a session at a time, sessions in order of arrival.

A turn lasts a few milliseconds while others wait; a page with more to render goes back to the end of the line. So a
session with a thousand large entries delays another session's page by at most the time one entry may take.
"""

import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sync.transcript.workers.worker import Worker

TURN_SECONDS: Final = 0.010


class Patience:
    """How long one page waits: in line, and altogether, in seconds."""

    def __init__(self, *, in_line: float, altogether: float) -> None:
        self.in_line = in_line
        self.until = time.monotonic() + altogether

    @property
    def left(self) -> float:
        """The seconds it may still wait in line."""
        return max(0.0, min(self.in_line, self.until - time.monotonic()))


class _Waiting:
    def __init__(self, session: Hashable) -> None:
        self.session = session
        self.worker: Worker | None = None
        self.called = threading.Event()


class Turns:
    """The line of pages waiting for workers. Thread-safe."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._lock = threading.Lock()
        self._free = list(workers)
        self._busy: set[Hashable] = set()
        self._line: deque[_Waiting] = deque()

    @contextmanager
    def worker(self, session: Hashable, patience: Patience) -> Iterator[Worker | None]:
        """A worker for one turn; None when `patience` ends before one is free and no other turn of the session runs."""
        worker = self._wait(session, patience)
        try:
            yield worker
        finally:
            if worker is not None:
                self._release(session, worker)

    @property
    def has_waiting(self) -> bool:
        return bool(self._line)

    def _wait(self, session: Hashable, patience: Patience) -> Worker | None:
        waiting = _Waiting(session)
        with self._lock:
            self._line.append(waiting)
            self._call()
        began = time.monotonic()
        waiting.called.wait(patience.left)
        patience.in_line -= time.monotonic() - began
        with self._lock:
            if waiting.worker is None:
                self._line.remove(waiting)
        return waiting.worker

    def _release(self, session: Hashable, worker: Worker) -> None:
        with self._lock:
            self._free.append(worker)
            self._busy.discard(session)
            self._call()

    def _call(self) -> None:
        """Under the lock: give each free worker to the first in line whose session has no turn now."""
        for waiting in list(self._line):
            if not self._free:
                return
            if waiting.session not in self._busy:
                self._line.remove(waiting)
                self._busy.add(waiting.session)
                waiting.worker = self._free.pop()
                waiting.called.set()
