"""Sync's lane of the group commit: publishes, with those to cold sessions parked until their session is warm."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from django.conf import settings

from opencode.lib.errors import Denial
from opencode.lib.groupcommit import Lane
from sync.errors import SessionCold, WriterBusy
from sync.writer.commit import commit_publishes
from sync.writer.parked import Parked, SessionRelease
from sync.writer.publish import Publish, SessionCommit

Deliver = Callable[[list[SessionCommit], Sequence[Publish]], None]
Wake = Callable[[int], None]


class Writer(Lane[Publish, SessionCommit]):
    """`deliver(commits, publishes)` is called in the thread after each commit.

    For a cold session `wake(session_id)` is called, and its publishes wait in order until `release`.
    """

    name: ClassVar[str] = "sync"
    # One commit of so much takes some 10 ms, which is what others wait for it; a larger publish is a commit of its own.
    batch_bytes: ClassVar[int] = 1024 * 1024

    def __init__(self, deliver: Deliver, wake: Wake) -> None:
        super().__init__()
        self._deliver = deliver
        self._wake = wake
        self._parked = Parked()

    @property
    def queue_bytes(self) -> int:
        limit: int = settings.SYNC_QUEUE_BYTES
        return limit

    def full(self) -> Denial:
        return WriterBusy(retry_after=1, limit=settings.SYNC_QUEUE_BYTES)

    def release(self, session_id: int, denial: Denial | None) -> None:
        """Commit what waited for a cold session, or refuse it with the denial."""
        self.tell(lambda: self._release(SessionRelease(session_id, denial)))

    def commit(self, items: Sequence[Publish]) -> tuple[list[SessionCommit], list[Publish]]:
        stand = [publish for publish in items if not _is_withdrawn(publish)]
        return commit_publishes(stand) if stand else ([], [])

    def deliver(self, commits: list[SessionCommit], done: Sequence[Publish]) -> None:
        self._deliver(commits, done)

    def admit(self, items: list[Publish]) -> list[Publish]:
        """The publishes without those to cold sessions, which are parked behind the others of their session."""
        if not self._parked:
            return items
        for publish in items:
            if publish.session_id in self._parked:
                self._parked.add(publish)
        return [publish for publish in items if publish.session_id not in self._parked]

    def put_aside(self, batch: Sequence[Publish]) -> None:
        for publish in batch:
            if isinstance(publish.outcome, SessionCold) and self._parked.add(publish):
                self._wake(publish.session_id)

    def finish(self) -> None:
        for session_id in self._parked.session_ids:
            self._release(SessionRelease(session_id, SessionCold(retry_after=1)))

    def _release(self, release: SessionRelease) -> None:
        """Pass what waited for the session to the retry queue, or refuse it with the release's denial."""
        released = self._parked.release(release)
        if release.denial is None:
            self.retries.put_first(released)
        else:
            self.hand_over([], released)


def _is_withdrawn(publish: Publish) -> bool:
    """Whether its sender's right ended while the publish waited; the denial becomes its outcome then."""
    refusal = publish.sender.refusal if publish.sender is not None else None
    if refusal is not None:
        publish.outcome = refusal
    return refusal is not None
