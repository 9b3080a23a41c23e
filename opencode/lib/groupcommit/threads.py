"""The threads that commit: one for each lane, or on SQLite, where one writer at a time is all there is, one for all."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final

from django.db import connection

from opencode.lib.groupcommit.transactions import bound_writer_connection

LOCKED_RETRY_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class Control:
    """Work for the thread itself, between two commits."""

    work: Callable[[], None]


class CommitThread:
    """Takes what waits, commits each lane's part in a transaction of its own, and begins again."""

    def __init__(self, name: str) -> None:
        self.is_closed = False
        self._lanes: list[Any] = []
        self._inbox: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def serve(self, lane: Any) -> None:
        """Serve one more lane; the thread starts with the first, and ends with the last."""
        self._lanes.append(lane)
        if len(self._lanes) == 1:
            self._thread.start()

    def put(self, lane: Any, item: Any) -> None:
        """Queue an item or a Control; None ends the lane once all before it are settled."""
        self._inbox.put((lane, item))

    def join_ended(self) -> None:
        """Wait for the thread if its last lane has ended."""
        if self.is_closed:
            self._thread.join()

    def _run(self) -> None:
        bound_writer_connection()
        try:
            while not self.is_closed:
                for lane, batch in self._take().items():
                    lane.turn(batch)
                self._end_lanes()
        finally:
            connection.close()
            for lane in self._lanes:
                lane.ended.set()

    def _take(self) -> dict[Any, list[Any]]:
        """Each lane's batch, from its retries and from the queue; blocks while nothing waits."""
        batches = {lane: again for lane in self._lanes if (again := self._again(lane))}
        timeout = LOCKED_RETRY_SECONDS if batches else None
        count = size = 0
        while True:
            try:
                may_wait = timeout or not (batches or any(lane.retries for lane in self._lanes))
                lane, item = self._inbox.get(timeout=timeout) if may_wait else self._inbox.get_nowait()
            except Empty:
                break
            timeout = None
            if item is None:
                lane.is_ending = True
                break
            if isinstance(item, Control):
                item.work()
                continue
            count += 1
            size += item.bytes
            if item.row_id in lane.retries:
                lane.retries.add(item)
            elif admitted := lane.admit([item]):
                batches.setdefault(lane, []).extend(admitted)
            if count >= lane.batch_items or size >= lane.batch_bytes:
                break
        return batches

    @staticmethod
    def _again(lane: Any) -> list[Any]:
        if not lane.retries:
            return []
        found: list[Any] = lane.admit(lane.retries.take(lane.batch_items, lane.batch_bytes))
        return found

    def _end_lanes(self) -> None:
        for lane in [each for each in self._lanes if each.is_ending and not each.retries]:
            lane.finish()
            with _shared_lock:
                self._lanes.remove(lane)
                self.is_closed = not self._lanes
            lane.ended.set()


_shared_lock = threading.Lock()
_shared: CommitThread | None = None


def thread_for(lane: Any) -> CommitThread:
    """The thread that serves the lane from now on."""
    global _shared
    if connection.vendor != "sqlite":
        own = CommitThread(f"{lane.name}-writer")
        own.serve(lane)
        return own
    with _shared_lock:
        if _shared is None or _shared.is_closed:
            _shared = CommitThread("writer")
        _shared.serve(lane)
        return _shared
