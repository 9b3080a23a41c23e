"""The writer's thread: takes what waits, commits it together, hands the outcomes back."""

import logging
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import connection

from opencode.lib.errors import InternalError, ServiceUnavailable
from sync.errors import WriterBusy
from sync.store import bound_connection
from sync.writer.commit import commit_publishes
from sync.writer.locked import LockedOut
from sync.writer.publish import Publish, SessionCommit

log = logging.getLogger(__name__)
BATCH_PUBLISHES = 512
BATCH_BYTES = 8 * 1024 * 1024
LOCKED_RETRY_SECONDS = 0.005

Deliver = Callable[[list[SessionCommit], Sequence[Publish]], None]


class Writer:
    """One per process: own thread, own connection, a queue bounded in bytes.

    `deliver(commits, publishes)` is called in the thread after each commit; by then every publish has its outcome.
    Whatever goes wrong, every publish that was taken gets one.
    """

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._queue: SimpleQueue[Publish | None] = SimpleQueue()
        self._locked_out = LockedOut()
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

    def submit(self, publish: Publish) -> None:
        """Queue a publish; raises WriterBusy when the queue holds as many bytes as it may."""
        with self._lock:
            if self._closed:
                raise ServiceUnavailable(retry_after=1)
            if self._queued_bytes and self._queued_bytes + publish.bytes > settings.SYNC_QUEUE_BYTES:
                raise WriterBusy(retry_after=1, limit=settings.SYNC_QUEUE_BYTES)
            self._queued_bytes += publish.bytes
            self._queue.put(publish)

    def _run(self) -> None:
        bound_connection()
        try:
            while self._locked_out or not self._ending:
                batch = self._take()
                if batch:
                    self._commit(batch)
        finally:
            connection.close()

    def _take(self) -> list[Publish]:
        """What was locked out and what is queued now, each up to a batch's size; blocks while there is neither."""
        batch = self._locked_out.take(BATCH_PUBLISHES, BATCH_BYTES)
        timeout = LOCKED_RETRY_SECONDS if batch else None
        count = size = 0
        while count < BATCH_PUBLISHES and size < BATCH_BYTES:
            try:
                publish = self._queue.get(timeout=timeout) if not batch or timeout else self._queue.get_nowait()
            except Empty:
                break
            timeout = None
            if publish is None:
                self._ending = True
                break
            count += 1
            size += publish.bytes
            if publish.session_id in self._locked_out:
                self._locked_out.add(publish)
            else:
                batch.append(publish)
        return batch

    def _commit(self, batch: list[Publish]) -> None:
        commits, locked = _committed(batch)
        self._locked_out.put_back(locked)
        done = [publish for publish in batch if publish.outcome is not None] + self._locked_out.refuse_old()
        with self._lock:
            self._queued_bytes -= sum(publish.bytes for publish in done)
        try:
            self._deliver(commits, done)
        except Exception:
            log.exception("delivery_failed")


def _committed(batch: list[Publish]) -> tuple[list[SessionCommit], list[Publish]]:
    """Commit; a mistake of ours refuses the batch instead of ending the thread that everybody waits for."""
    try:
        commits, locked = commit_publishes(batch)
    except Exception:
        log.exception("commit_broke")
        for publish in batch:
            # Receipts too: nobody knows whether what they promise was committed.
            publish.outcome = InternalError()
        return [], []
    waiting = set(map(id, locked))
    for publish in batch:
        if publish.outcome is None and id(publish) not in waiting:
            publish.outcome = InternalError()
    return commits, locked
