"""Brings sessions back in threads of its own, each session once at a time, and remembers for a moment what failed.

Own threads, because the storage may be slow: reads of other sessions never wait behind it, nor do most pages.
"""

import threading
import time
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Final

import structlog
from django.db import DatabaseError, connection

from opencode.lib.bounds import bound_connection
from sync.archive.cold.rows import session_warm
from sync.archive.snapshots import SnapshotDamaged
from sync.errors import SessionCold

log = structlog.get_logger(__name__)
THREADS: Final = 4
# How long anybody waits for a session; it goes on coming back when they have gone.
WARM_SECONDS: Final = 10.0
# What failed is not tried again before: the storage is away, or the object is damaged and somebody has to look.
AWAY_SECONDS: Final = 5
DAMAGED_SECONDS: Final = 60
REMEMBERED_COUNT: Final = 1000
# Threads of pages that may wait for sessions at the same time, half of them: the others answer what needs no storage.
WAITING_PAGES: Final = 8
_NEVER: Final = (0.0, 0)


class WarmGate:
    """One per process; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._under_way: dict[int, Future[None]] = {}
        # Until when a session, or every session, is refused, and how many seconds those who ask are to wait.
        self._failed: dict[int, tuple[float, int]] = {}
        self._away = _NEVER
        self._threads = 0

    def begin(self, session_id: int) -> "Future[None]":
        """Done when the session is back, was never cold, or is gone; its exception is SessionCold."""
        with self._lock:
            known = self._under_way.get(session_id)
            if known is not None:
                return known
            future: Future[None] = Future()
            # Several wait for it: none of them may cancel it.
            future.set_running_or_notify_cancel()
            denial = self._known_denial(session_id)
            if denial is not None:
                future.set_exception(denial)
                return future
            self._failed.pop(session_id, None)
            self._under_way[session_id] = future
            if self._threads < THREADS:
                self._threads += 1
                threading.Thread(target=self._run, name=f"sync-warmer-{self._threads}", daemon=True).start()
        self._queue.put(session_id)
        return future

    def forget(self) -> None:
        """Try again at once whatever failed."""
        with self._lock:
            self._failed.clear()
            self._away = _NEVER

    def _run(self) -> None:
        bound_connection()
        while True:
            session_id = self._queue.get()
            with self._lock:
                # What others met while it was queued.
                denial = self._known_denial(session_id)
            failure = denial or self._attempt(session_id)
            with self._lock:
                future = self._under_way.pop(session_id)
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)

    def _attempt(self, session_id: int) -> SessionCold | None:
        try:
            session_warm(session_id=session_id)
        except DatabaseError:
            log.exception("cold_session_unwritable", session=session_id)
            return SessionCold(retry_after=1)
        except (SnapshotDamaged, FileNotFoundError):
            log.exception("cold_snapshot_damaged", session=session_id)
            return self._remembered(session_id, DAMAGED_SECONDS)
        except Exception:
            log.exception("cold_snapshot_unreachable", session=session_id)
            return self._remembered(session_id, AWAY_SECONDS)
        finally:
            connection.close()
        return None

    def _known_denial(self, session_id: int) -> SessionCold | None:
        until, seconds = max(self._away, self._failed.get(session_id, _NEVER))
        return SessionCold(retry_after=seconds) if until > time.monotonic() else None

    def _remembered(self, session_id: int, seconds: int) -> SessionCold:
        """The denial; the storage is one thing, so when two sessions found it away, no other one is tried either."""
        now = time.monotonic()
        failed = (now + seconds, seconds)
        with self._lock:
            if len(self._failed) >= REMEMBERED_COUNT:
                self._failed.clear()
            self._failed[session_id] = failed
            away = [until for until, wait in self._failed.values() if wait == seconds == AWAY_SECONDS and until > now]
            if len(away) > 1:
                self._away = failed
        return SessionCold(retry_after=seconds)


_gate = WarmGate()
_places = threading.BoundedSemaphore(WAITING_PAGES)


def warm_begin(session_id: int) -> "Future[None]":
    return _gate.begin(session_id)


def warm_wait(session_id: int) -> None:
    """Return when the session is back; for pages, which hold a thread meanwhile.

    Raises SessionCold when it cannot be, not within WARM_SECONDS, or when WAITING_PAGES wait already; it is on its way
    all the same.
    """
    coming = _gate.begin(session_id)
    if not _places.acquire(blocking=False):
        raise SessionCold(retry_after=1)
    try:
        coming.result(WARM_SECONDS)
    except TimeoutError:
        raise SessionCold(retry_after=AWAY_SECONDS) from None
    finally:
        _places.release()


def warm_failures_forget() -> None:
    _gate.forget()
