"""The retry queue: publishes that are tried again, in order and apart from the queue, so that no others wait for them.

Either another transaction holds their session's row, or they waited for a cold session that is warm now.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Final

from opencode.lib.errors import ServiceUnavailable
from sync.writer.publish import Publish

# Many times as long as warming a session of 50,000 entries keeps its row locked (docs/performance.md).
LOCKED_SECONDS: Final = 30.0


class LockedOut:
    """The retry queue, by session, oldest publish first. `monotonic` returns the time in seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._sessions: dict[int, deque[Publish]] = {}

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._sessions

    def add(self, publish: Publish) -> None:
        """Add a publish behind those of its session that wait already."""
        waiting = self._sessions[publish.session_id]
        if waiting[-1].locked_since is not None:
            publish.locked_since = self._monotonic()
        waiting.append(publish)

    def take(self, count: int, size: int) -> list[Publish]:
        """Remove and return the publishes to try again: at most `count` of them, and about `size` bytes in all.

        Sessions take turns, so that one that stays locked does not keep the others waiting.
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
        """Put publishes in front of those of their sessions that came later."""
        returned: dict[int, list[Publish]] = defaultdict(list)
        for publish in publishes:
            returned[publish.session_id].append(publish)
        for session_id, first in returned.items():
            self._sessions[session_id] = deque([*first, *self._sessions.get(session_id, ())])

    def put_back(self, publishes: Sequence[Publish]) -> None:
        """Put back publishes whose rows were found locked; LOCKED_SECONDS begin for all that wait for their sessions.

        For those that wait already LOCKED_SECONDS go on.
        """
        self.put_first(publishes)
        now = self._monotonic()
        for session_id in {publish.session_id for publish in publishes}:
            for publish in self._sessions[session_id]:
                publish.locked_since = publish.locked_since or now

    def refuse_old(self) -> list[Publish]:
        """Remove, refuse and return the publishes locked out for LOCKED_SECONDS; nothing of them was committed."""
        oldest = self._monotonic() - LOCKED_SECONDS
        refused: list[Publish] = []
        for session_id, waiting in list(self._sessions.items()):
            while waiting and (waiting[0].locked_since or oldest) < oldest:
                waiting[0].outcome = ServiceUnavailable(retry_after=1)
                refused.append(waiting.popleft())
            if not waiting:
                del self._sessions[session_id]
        return refused
