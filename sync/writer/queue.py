"""The writer's thread: takes what waits, commits it together, returns the outcomes."""

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

import structlog
from django.conf import settings
from django.db import connection

from opencode.lib.errors import Denial, InternalError, ServiceUnavailable
from sync.errors import SessionCold, WriterBusy
from sync.writer.commit import commit_publishes
from sync.writer.locked import LockedOut
from sync.writer.parked import Parked, SessionRelease
from sync.writer.publish import Publish, SessionCommit
from sync.writer.transaction import bound_writer_connection

log = structlog.get_logger(__name__)
BATCH_PUBLISHES: Final = 512
# One commit of so much takes some 10 ms, which is what others wait for it; a larger publish is a commit of its own.
BATCH_BYTES: Final = 1024 * 1024
LOCKED_RETRY_SECONDS: Final = 0.005

Deliver = Callable[[list[SessionCommit], Sequence[Publish]], None]
Wake = Callable[[int], None]


class Writer:
    """One per process, with a thread and a database connection of its own, and a queue bounded in bytes.

    `deliver(commits, publishes)` is called in the thread after each commit; by then each of the publishes has its
    outcome, and every publish that was taken gets one, whatever fails. For a cold session `wake(session_id)` is called,
    and its publishes wait in order until `release`.
    """

    def __init__(self, deliver: Deliver, wake: Wake) -> None:
        self._deliver = deliver
        self._wake = wake
        self._queue: SimpleQueue[Publish | SessionRelease | None] = SimpleQueue()
        self._locked_out = LockedOut()
        self._parked = Parked()
        self._lock = threading.Lock()
        self._queued_bytes = 0
        self._closed = False
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="sync-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    @property
    def queued_bytes(self) -> int:
        """The bytes of the publishes that were taken and have no outcome yet."""
        return self._queued_bytes

    def submit(self, publish: Publish) -> None:
        """Queue a publish; raises WriterBusy at SYNC_QUEUE_BYTES, ServiceUnavailable once the writer stops."""
        with self._lock:
            if self._closed:
                raise ServiceUnavailable(retry_after=1)
            if self._queued_bytes and self._queued_bytes + publish.bytes > settings.SYNC_QUEUE_BYTES:
                raise WriterBusy(retry_after=1, limit=settings.SYNC_QUEUE_BYTES)
            self._queued_bytes += publish.bytes
            self._queue.put(publish)

    def release(self, session_id: int, denial: Denial | None) -> None:
        """Commit what waited for a cold session, or refuse it with the denial."""
        self._queue.put(SessionRelease(session_id, denial))

    def _run(self) -> None:
        bound_writer_connection()
        try:
            while self._locked_out or not self._ending:
                batch = self._take()
                if batch:
                    self._commit(batch)
            for session_id in self._parked.session_ids:
                self._release(SessionRelease(session_id, SessionCold(retry_after=1)))
        finally:
            connection.close()

    def _take(self) -> list[Publish]:
        """A batch from the retry queue and from the queue, each up to a batch's size; blocks while both are empty."""
        batch = self._unparked(self._locked_out.take(BATCH_PUBLISHES, BATCH_BYTES))
        timeout = LOCKED_RETRY_SECONDS if batch else None
        count = size = 0
        while count < BATCH_PUBLISHES and size < BATCH_BYTES:
            try:
                may_wait = timeout or not (batch or self._locked_out)
                item = self._queue.get(timeout=timeout) if may_wait else self._queue.get_nowait()
            except Empty:
                break
            timeout = None
            if item is None:
                self._ending = True
                break
            if isinstance(item, SessionRelease):
                self._release(item)
                continue
            count += 1
            size += item.bytes
            if item.session_id in self._locked_out:
                self._locked_out.add(item)
            else:
                batch += self._unparked([item])
        return batch

    def _unparked(self, publishes: list[Publish]) -> list[Publish]:
        """The publishes without those to cold sessions, which are parked behind the others of their session."""
        if not self._parked:
            return publishes
        for publish in publishes:
            if publish.session_id in self._parked:
                self._parked.add(publish)
        return [publish for publish in publishes if publish.session_id not in self._parked]

    def _release(self, release: SessionRelease) -> None:
        """Pass what waited for the session to the retry queue, or refuse it with the release's denial."""
        released = self._parked.release(release)
        if release.denial is None:
            self._locked_out.put_first(released)
        else:
            self._hand_over([], released)

    def _commit(self, batch: list[Publish]) -> None:
        stand = [publish for publish in batch if not _is_withdrawn(publish)]
        commits, locked = _commit_safely(stand) if stand else ([], [])
        self._locked_out.put_back(locked)
        for publish in batch:
            if isinstance(publish.outcome, SessionCold) and self._parked.add(publish):
                self._wake(publish.session_id)
        done = [publish for publish in batch if publish.outcome is not None] + self._locked_out.refuse_old()
        self._hand_over(commits, done)

    def _hand_over(self, commits: list[SessionCommit], done: Sequence[Publish]) -> None:
        with self._lock:
            self._queued_bytes -= sum(publish.bytes for publish in done)
        try:
            self._deliver(commits, done)
        except Exception:
            log.exception("delivery_failed")


def _is_withdrawn(publish: Publish) -> bool:
    """Whether its sender's right ended while the publish waited; the denial becomes its outcome then."""
    refusal = publish.sender.refusal if publish.sender is not None else None
    if refusal is not None:
        publish.outcome = refusal
    return refusal is not None


def _commit_safely(batch: list[Publish]) -> tuple[list[SessionCommit], list[Publish]]:
    """Commit; an unexpected error refuses the batch instead of ending the thread that all sessions depend on."""
    try:
        commits, locked = commit_publishes(batch)
    except Exception:
        log.exception("commit_broke")
        for publish in batch:
            # Receipts too: it is not known whether what they promise was committed.
            publish.outcome = InternalError()
        return [], []
    waiting = set(map(id, locked))
    for publish in batch:
        if publish.outcome is None and id(publish) not in waiting:
            publish.outcome = InternalError()
    return commits, locked
