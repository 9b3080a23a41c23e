"""Warms sessions in threads of its own, each session once at a time, and remembers failures for a moment.

Its own threads, because the storage may be slow: reads of other sessions never wait behind it, nor do most pages.
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
# The longest a caller waits for a session; warming goes on after the caller has gone.
WARM_SECONDS: Final = 10.0
# How long a failure is remembered before the next try: the storage is away, or an object is damaged and needs a person.
AWAY_SECONDS: Final = 5
DAMAGED_SECONDS: Final = 60
REMEMBERED_COUNT: Final = 1000
# Half of the pages' threads may wait for sessions at the same time; the others serve what needs no storage.
WAITING_PAGES: Final = 8
_NEVER: Final = (0.0, 0)


class WarmGate:
    """One per process; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._under_way: dict[int, Future[None]] = {}
        # (refused until, seconds to wait) by session, and for every session while the storage is away.
        self._failed: dict[int, tuple[float, int]] = {}
        self._away = _NEVER
        self._threads = 0

    def begin(self, session_id: int) -> "Future[None]":
        """A future that is done when the session is warm, was never cold, or is gone; its exception is SessionCold."""
        with self._lock:
            known = self._under_way.get(session_id)
            if known is not None:
                return known
            future: Future[None] = Future()
            # Several callers wait for it: none of them may cancel it.
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

    def invalidate(self) -> None:
        """Drop all remembered failures, so that the next call tries again at once."""
        with self._lock:
            self._failed.clear()
            self._away = _NEVER

    def _run(self) -> None:
        bound_connection()
        while True:
            session_id = self._queue.get()
            with self._lock:
                # Another session may have failed while this one was queued.
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
        """The denial. All sessions share one storage: when two found it away, no other session is tried either."""
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
    """Return when the session is warm; for pages, which hold a thread meanwhile.

    Raises SessionCold when it cannot be warmed, not within WARM_SECONDS, or when WAITING_PAGES pages wait already;
    warming goes on all the same.
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


def warm_failures_invalidate() -> None:
    _gate.invalidate()
