"""Publishes whose session's row somebody else holds: kept in order, apart from the queue, so that they delay nobody."""

import time
from collections import defaultdict, deque
from collections.abc import Sequence

from opencode.lib.errors import ServiceUnavailable
from sync.writer.publish import Publish

LOCKED_SECONDS = 10.0


class LockedOut:
    """By session, oldest first."""

    def __init__(self) -> None:
        self._sessions: dict[int, deque[Publish]] = {}

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._sessions

    def add(self, publish: Publish) -> None:
        """Behind those of its session that wait already."""
        self._sessions.setdefault(publish.session_id, deque()).append(publish)

    def take(self, count: int, size: int) -> list[Publish]:
        """What to try again: of every session the oldest, as many and as many bytes as one commit takes."""
        taken: list[Publish] = []
        for session_id, waiting in list(self._sessions.items()):
            room, left = size, count
            while waiting and left and room > 0:
                taken.append(waiting.popleft())
                room -= taken[-1].bytes
                left -= 1
            if not waiting:
                del self._sessions[session_id]
        return taken

    def put_back(self, publishes: Sequence[Publish]) -> None:
        """Those that are still locked out, before whatever came after them."""
        returned: dict[int, list[Publish]] = defaultdict(list)
        for publish in publishes:
            returned[publish.session_id].append(publish)
        for session_id, first in returned.items():
            self._sessions[session_id] = deque([*first, *self._sessions.get(session_id, ())])

    def refuse_old(self) -> list[Publish]:
        """Refuse those that have waited for LOCKED_SECONDS; nothing of them was kept."""
        oldest = time.monotonic() - LOCKED_SECONDS
        refused: list[Publish] = []
        for session_id, waiting in list(self._sessions.items()):
            while waiting and waiting[0].created < oldest:
                waiting[0].outcome = ServiceUnavailable(retry_after=1)
                refused.append(waiting.popleft())
            if not waiting:
                del self._sessions[session_id]
        return refused
