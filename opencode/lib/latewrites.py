"""Writes that no request waits for: gathered in memory, and written together by a background thread.

For what may be lost: a process that is killed loses what it had not written yet.
"""

import atexit
import threading
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

import structlog
from django.db import connection

log = structlog.get_logger(__name__)
WAITING_COUNT: Final = 10_000
K = TypeVar("K")
V = TypeVar("V")
MakeTimer = Callable[[float, Callable[[], None]], threading.Timer]


class LateWrites(Generic[K, V]):
    """Values by key. `write` gets all that wait, and writes all or nothing; what cannot be written is kept.

    `join(waiting, added)` is the value of a key that is added again. `seconds()` is how long the first of them waits; 0
    leaves it to `flush`. Of more than `limit` keys the later ones are dropped.
    """

    def __init__(
        self,
        write: Callable[[Mapping[K, V]], None],
        *,
        join: Callable[[V, V], V],
        seconds: Callable[[], float],
        limit: int = WAITING_COUNT,
        make_timer: MakeTimer = threading.Timer,
    ) -> None:
        self._write = write
        self._join = join
        self._seconds = seconds
        self._limit = limit
        self._make_timer = make_timer
        self._lock = threading.Lock()
        self._waiting: dict[K, V] = {}
        self._timer: threading.Timer | None = None
        self._dropped_count = 0
        atexit.register(self._at_exit)

    def add(self, key: K, value: V) -> None:
        """Callable from any thread; never waits for the database."""
        with self._lock:
            if key in self._waiting:
                self._waiting[key] = self._join(self._waiting[key], value)
            elif len(self._waiting) < self._limit:
                self._waiting[key] = value
            else:
                self._dropped_count += 1
            seconds = self._seconds()
            if self._timer is None and seconds:
                self._timer = self._make_timer(seconds, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def take(self) -> Mapping[K, V]:
        """Remove and return what waits."""
        with self._lock:
            taken, self._waiting, self._timer = self._waiting, {}, None
            dropped, self._dropped_count = self._dropped_count, 0
        if dropped:
            log.warning("late_writes_dropped", count=dropped)
        return taken

    def flush(self) -> None:
        """Write what waits, in this thread."""
        taken = self.take()
        if not taken:
            return
        try:
            self._write(taken)
        except Exception:
            log.warning("late_writes_failed", count=len(taken), exc_info=True)
            for key, value in taken.items():
                self.add(key, value)
        if threading.current_thread() is not threading.main_thread() and not connection.in_atomic_block:
            connection.close()

    def _at_exit(self) -> None:
        if self._seconds():
            self.flush()
