"""A lane: one kind of operations, with the queue in which they wait for their commit."""

import threading
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

import structlog

from opencode.lib.errors import Denial, ServiceUnavailable
from opencode.lib.groupcommit.attempts import commit_safely
from opencode.lib.groupcommit.items import Item
from opencode.lib.groupcommit.retries import RetryQueue
from opencode.lib.groupcommit.threads import CommitThread, Control, thread_for

log = structlog.get_logger(__name__)
T = TypeVar("T", bound=Item)
C = TypeVar("C")


class Lane(Generic[T, C]):
    """One per process and kind, with a queue bounded in bytes. Subclasses say how to commit, and whom to answer.

    Every item that was taken gets an outcome, whatever fails. All methods without a word on it run in the lane's
    thread.
    """

    name: ClassVar[str]
    batch_items: ClassVar[int] = 512
    batch_bytes: ClassVar[int] = 8 * 1024 * 1024

    def __init__(self) -> None:
        self.retries: RetryQueue[T] = RetryQueue()
        self.is_ending = False
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._queued_bytes = 0
        self._closed = False
        self._thread: CommitThread | None = None
        self._early: list[T] = []

    @property
    def queue_bytes(self) -> int:
        """The most that may wait; read by any thread."""
        raise NotImplementedError

    def full(self) -> Denial:
        """Why nothing more is taken; called by any thread."""
        return ServiceUnavailable(retry_after=1)

    def commit(self, items: Sequence[T]) -> tuple[list[C], list[T]]:
        """Commit durably and set the outcomes; returns what was committed, and the items whose rows are locked."""
        raise NotImplementedError

    def deliver(self, commits: list[C], done: Sequence[T]) -> None:
        """Answer the items; each has its outcome by now."""
        raise NotImplementedError

    def admit(self, items: list[T]) -> list[T]:
        """The items to commit now; the others are put aside by the lane itself."""
        return items

    def put_aside(self, batch: Sequence[T]) -> None:
        """Take back outcomes of items that are to wait."""

    def finish(self) -> None:
        """Settle what was put aside: the lane ends."""

    def start(self) -> None:
        """In any thread: begin to commit, what was submitted before too."""
        with self._lock:
            self._thread = thread_for(self)
            for item in self._early:
                self._thread.put(self, item)
            self._early = []

    def stop(self) -> None:
        """In any other thread: commit what waits, then end."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            thread.put(self, None)
            self.ended.wait()
            thread.join_ended()

    @property
    def queued_bytes(self) -> int:
        """The bytes of the items that were taken and have no outcome yet; read by any thread."""
        return self._queued_bytes

    def submit(self, item: T) -> None:
        """In any thread: queue an item. Raises `full` when too much waits, ServiceUnavailable once the lane stops."""
        with self._lock:
            if self._closed:
                raise ServiceUnavailable(retry_after=1)
            if self._queued_bytes and self._queued_bytes + item.bytes > self.queue_bytes:
                raise self.full()
            self._queued_bytes += item.bytes
            if self._thread is None:
                self._early.append(item)
            else:
                self._thread.put(self, item)

    def tell(self, work: Callable[[], None]) -> None:
        """In any thread: run `work` between two commits, in order with what is submitted."""
        with self._lock:
            if self._thread is not None:
                self._thread.put(self, Control(work))

    def turn(self, batch: list[T]) -> None:
        """Commit a batch and answer it."""
        commits, locked = commit_safely(batch, self.commit)
        self.retries.put_back(locked)
        self.put_aside(batch)
        self.hand_over(commits, [item for item in batch if item.outcome is not None] + self.retries.refuse_old())

    def hand_over(self, commits: list[C], done: Sequence[T]) -> None:
        with self._lock:
            self._queued_bytes -= sum(item.bytes for item in done)
        try:
            self.deliver(commits, done)
        except Exception:
            log.exception("delivery_failed")
