"""Publishes to cold sessions: kept in order until their session is back, or cannot be brought back."""

from typing import NamedTuple

from opencode.lib.errors import Denial
from sync.writer.publish import Publish


class Release(NamedTuple):
    """The session is back; or, with a denial, it cannot be."""

    session_id: int
    denial: Denial | None


class Parked:
    """By session, oldest first."""

    def __init__(self) -> None:
        self._sessions: dict[int, list[Publish]] = {}

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._sessions

    @property
    def session_ids(self) -> list[int]:
        return list(self._sessions)

    def add(self, publish: Publish) -> bool:
        """Behind those of its session that wait already; whether it is the first."""
        publish.outcome = publish.locked_since = None
        waiting = self._sessions.setdefault(publish.session_id, [])
        waiting.append(publish)
        return len(waiting) == 1

    def release(self, release: Release) -> list[Publish]:
        """All of the session's, each with the release's denial as its outcome if there is one."""
        released = self._sessions.pop(release.session_id, [])
        for publish in released:
            publish.outcome = release.denial
        return released
