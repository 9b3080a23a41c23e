"""The hubs of one process, by session."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from sync.live.hub.session import SessionHub
from sync.live.hub.surroundings import Ended, Load, Range
from sync.protocol.closing import CloseCode

LINGER_SECONDS: Final = 30


class HubRegistry:
    """Makes a hub when a session gets its first reader here; it lingers a while after the last.

    `opened` and `closed` are called with the session's id, so that the process can announce what it reads; `ended`
    with the id and the close code when a hub ends its readers.
    """

    def __init__(
        self, load: Load, opened: Callable[[int], None], closed: Callable[[int], None], ended: Ended | None = None
    ) -> None:
        self._load = load
        self._opened = opened
        self._closed = closed
        self._ended = ended
        self._hubs: dict[int, SessionHub] = {}
        self.closed_count = 0

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._hubs

    def __len__(self) -> int:
        return len(self._hubs)

    @property
    def session_ids(self) -> list[int]:
        return list(self._hubs)

    def get(self, session_id: int) -> SessionHub | None:
        return self._hubs.get(session_id)

    @asynccontextmanager
    async def reading(self, session_id: int) -> AsyncIterator[SessionHub]:
        """The session's hub, counted as read while the block runs."""
        hub = self._hubs.get(session_id)
        if hub is None or hub.is_ended:
            hub = self._hubs[session_id] = SessionHub(session_id, self._load, self._ended)
            self._opened(session_id)
        hub.readers += 1
        try:
            yield hub
        finally:
            hub.readers -= 1
            hub.idle_since = asyncio.get_running_loop().time()

    def deliver(self, session_id: int, update: Range) -> None:
        hub = self._hubs.get(session_id)
        if hub is not None:
            hub.deliver(update)

    def sweep(self) -> None:
        """Drop hubs without readers for LINGER_SECONDS, and encoded states and frames that are no longer of use."""
        now = asyncio.get_running_loop().time()
        for session_id, hub in list(self._hubs.items()):
            hub.trim(now)
            if hub.readers == 0 and (hub.is_ended or now - hub.idle_since > LINGER_SECONDS):
                self._drop(session_id)

    def end_session(self, session_id: int) -> None:
        """The session is gone: end its readers and drop its hub."""
        hub = self._hubs.get(session_id)
        if hub is not None:
            hub.end(CloseCode.SESSION_REMOVED)
            self._drop(session_id)

    def end_all(self, code: CloseCode) -> None:
        for session_id, hub in list(self._hubs.items()):
            hub.end(code)
            self._drop(session_id)

    def _drop(self, session_id: int) -> None:
        del self._hubs[session_id]
        self.closed_count += 1
        self._closed(session_id)
