"""Publishes to cold sessions: kept in order until their session is warm, or could not be warmed."""

from typing import NamedTuple

from opencode.lib.errors import Denial
from sync.writer.publish import Publish


class SessionRelease(NamedTuple):
    """The session is warm; or, with a denial, it could not be warmed."""

    session_id: int
    denial: Denial | None


class Parked:
    """The parked publishes by session, oldest first."""

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
        """Add a publish behind those of its session that wait already; whether it is the first."""
        publish.outcome = publish.locked_since = None
        waiting = self._sessions.setdefault(publish.session_id, [])
        waiting.append(publish)
        return len(waiting) == 1

    def release(self, release: SessionRelease) -> list[Publish]:
        """Remove and return the session's publishes; a denial of the release becomes the outcome of each."""
        released = self._sessions.pop(release.session_id, [])
        for publish in released:
            publish.outcome = release.denial
        return released
