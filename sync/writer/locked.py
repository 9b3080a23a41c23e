"""Publishes that are tried again, kept in order and apart from the queue, so that they delay nobody.

Either somebody else holds their session's row, or they waited for a cold session that is back now.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Final

from opencode.lib.errors import ServiceUnavailable
from sync.writer.publish import Publish

# Many times what a session of 50,000 entries has its row locked for while it comes back (docs/performance.md).
LOCKED_SECONDS: Final = 30.0


class LockedOut:
    """By session, oldest first. `monotonic` tells the time, in seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._sessions: dict[int, deque[Publish]] = {}

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._sessions

    def add(self, publish: Publish) -> None:
        """Behind those of its session that wait already."""
        waiting = self._sessions[publish.session_id]
        if waiting[-1].locked_since is not None:
            publish.locked_since = self._monotonic()
        waiting.append(publish)

    def take(self, count: int, size: int) -> list[Publish]:
        """What to try again: the oldest of each session, as many and as many bytes in all as one commit takes.

        Sessions take turns, so that none that stays locked keeps the others from theirs.
        """
        taken: list[Publish] = []
        for session_id in list(self._sessions):
            if count <= 0 or size <= 0:
                break
            waiting = self._sessions.pop(session_id)
            while waiting and count > 0 and size > 0:
                taken.append(waiting.popleft())
                size -= taken[-1].bytes
                count -= 1
            if waiting:
                self._sessions[session_id] = waiting
        return taken

    def put_first(self, publishes: Sequence[Publish]) -> None:
        """Before whatever came after them."""
        returned: dict[int, list[Publish]] = defaultdict(list)
        for publish in publishes:
            returned[publish.session_id].append(publish)
        for session_id, first in returned.items():
            self._sessions[session_id] = deque([*first, *self._sessions.get(session_id, ())])

    def put_back(self, publishes: Sequence[Publish]) -> None:
        """Those that were found locked; from now on all of their sessions' count how long they wait."""
        self.put_first(publishes)
        now = self._monotonic()
        for session_id in {publish.session_id for publish in publishes}:
            for publish in self._sessions[session_id]:
                publish.locked_since = publish.locked_since or now

    def refuse_old(self) -> list[Publish]:
        """Refuse those that have been locked out for LOCKED_SECONDS; nothing of them was kept."""
        oldest = self._monotonic() - LOCKED_SECONDS
        refused: list[Publish] = []
        for session_id, waiting in list(self._sessions.items()):
            while waiting and (waiting[0].locked_since or oldest) < oldest:
                waiting[0].outcome = ServiceUnavailable(retry_after=1)
                refused.append(waiting.popleft())
            if not waiting:
                del self._sessions[session_id]
        return refused
