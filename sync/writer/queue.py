"""The writer's thread: takes what waits, commits it together, hands the outcomes back."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import connection

from opencode.lib.errors import ServiceUnavailable
from sync.errors import WriterBusy
from sync.writer.commit import commit_publishes
from sync.writer.publish import Publish, SessionCommit

log = logging.getLogger(__name__)
BATCH_PUBLISHES = 512
BATCH_BYTES = 8 * 1024 * 1024
LOCKED_RETRY_SECONDS = 0.005
LOCKED_SECONDS = 10.0

Deliver = Callable[[list[SessionCommit], Sequence[Publish]], None]


class Writer:
    """One per process: own thread, own connection, a queue bounded in bytes.

    `deliver(commits, publishes)` is called in the thread after each commit; by then every publish has its outcome.
    """

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._queue: SimpleQueue[Publish | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._queued_bytes = 0
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="sync-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def submit(self, publish: Publish) -> None:
        """Queue a publish; raises WriterBusy when the queue holds as many bytes as it may."""
        with self._lock:
            if self._queued_bytes and self._queued_bytes + publish.bytes > settings.SYNC_QUEUE_BYTES:
                raise WriterBusy(retry_after=1, limit=settings.SYNC_QUEUE_BYTES)
            self._queued_bytes += publish.bytes
        self._queue.put(publish)

    def _run(self) -> None:
        waiting: list[Publish] = []
        try:
            while waiting or not self._ending:
                batch = self._take(waiting)
                waiting = self._commit(batch) if batch else []
        finally:
            connection.close()

    def _take(self, waiting: list[Publish]) -> list[Publish]:
        """What waited, plus what is queued now, up to the size of a batch; blocks while there is neither."""
        batch = list(waiting)
        size = sum(publish.bytes for publish in batch)
        timeout = LOCKED_RETRY_SECONDS if waiting else None
        while len(batch) < BATCH_PUBLISHES and size < BATCH_BYTES:
            try:
                publish = self._queue.get(timeout=timeout) if not batch or timeout else self._queue.get_nowait()
            except Empty:
                break
            timeout = None
            if publish is None:
                self._ending = True
                break
            batch.append(publish)
            size += publish.bytes
        return batch

    def _commit(self, batch: list[Publish]) -> list[Publish]:
        commits, locked = commit_publishes(batch)
        locked = _still_waiting(locked)
        done = [publish for publish in batch if publish.outcome is not None]
        with self._lock:
            self._queued_bytes -= sum(publish.bytes for publish in done)
        try:
            self._deliver(commits, done)
        except Exception:
            log.exception("delivery_failed")
        return locked


def _still_waiting(locked: list[Publish]) -> list[Publish]:
    """Those whose rows may yet come free; the others are refused, nothing of them was kept."""
    oldest = time.monotonic() - LOCKED_SECONDS
    for publish in locked:
        if publish.created < oldest:
            publish.outcome = ServiceUnavailable(retry_after=1)
    return [publish for publish in locked if publish.outcome is None]
