"""The hubs of one process, by session: one for readers of the original, one for readers of the masked history."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

from sync.live.hub.board import PresenceBoard
from sync.live.hub.feed import MaskedFeed
from sync.live.hub.session import SessionHub
from sync.live.hub.surroundings import Ended, Load, Masking, Range
from sync.protocol.closing import CloseCode
from sync.protocol.positions import Position
from sync.sharing import masked_epoch
from sync.store import StateRead

LINGER_SECONDS: Final = 30


class HubRegistry:
    """Makes a hub when a session gets its first reader here; it lingers a while after the last.

    `opened` and `closed` are called with the session's id, so that the process can announce what it reads; `ended`
    with the id and the close code when a hub ends its readers. Without `masking` there are no readers by links.
    """

    def __init__(
        self,
        load: Load,
        opened: Callable[[int], None],
        closed: Callable[[int], None],
        ended: Ended | None = None,
        masking: Masking | None = None,
    ) -> None:
        self._load = load
        self._opened = opened
        self._closed = closed
        self._ended = ended
        self._masking = masking
        self._hubs: dict[int, SessionHub] = {}
        self._masked: dict[int, SessionHub] = {}
        self._feeds: dict[int, MaskedFeed] = {}
        self._boards: dict[int, PresenceBoard] = {}
        self.closed_count = 0

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._boards

    def __len__(self) -> int:
        return len(self._hubs) + len(self._masked)

    @property
    def session_ids(self) -> list[int]:
        return list(self._boards)

    def get(self, session_id: int, *, is_masked: bool = False) -> SessionHub | None:
        return (self._masked if is_masked else self._hubs).get(session_id)

    def of_session(self, session_id: int) -> Iterator[SessionHub]:
        """The session's hubs in this process: none, one or two."""
        for hubs in (self._hubs, self._masked):
            if session_id in hubs:
                yield hubs[session_id]

    @asynccontextmanager
    async def reading(self, session_id: int, *, is_masked: bool = False) -> AsyncIterator[SessionHub]:
        """The session's hub, counted as read while the block runs."""
        hubs = self._masked if is_masked else self._hubs
        hub = hubs.get(session_id)
        if hub is None or hub.is_ended:
            hub = self._made(session_id, is_masked=is_masked)
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
        feed = self._feeds.get(session_id)
        if feed is not None:
            feed.deliver(update)

    def check(self, session_id: int, head: Position | None) -> None:
        """Compare the session's hubs with its row as the database has it now; None when the session is gone."""
        if session_id in self._hubs:
            self._hubs[session_id].check(head)
        if session_id in self._masked:
            self._masked[session_id].check(head and head._replace(epoch=masked_epoch(head.epoch)))

    def sweep(self) -> None:
        """Drop hubs without readers for LINGER_SECONDS, and encoded states and frames that are no longer of use."""
        now = asyncio.get_running_loop().time()
        for hub in self._everybody():
            hub.trim(now)
            if hub.readers == 0 and (hub.is_ended or now - hub.idle_since > LINGER_SECONDS):
                self._drop(hub)

    def end_session(self, session_id: int) -> None:
        """The session is gone: end its readers and drop its hubs."""
        for hub in list(self.of_session(session_id)):
            hub.end(CloseCode.SESSION_REMOVED)
            self._drop(hub)

    def end_all(self, code: CloseCode) -> None:
        for hub in self._everybody():
            hub.end(code)
            self._drop(hub)

    def _made(self, session_id: int, *, is_masked: bool) -> SessionHub:
        # Whoever reads, by a link or as a member, is present at the same session.
        board = self._boards.setdefault(session_id, PresenceBoard())
        if not is_masked:
            hub = self._hubs[session_id] = SessionHub(session_id, self._load, self._ended, board)
            return hub
        assert self._masking is not None
        hub = self._masked[session_id] = SessionHub(session_id, self._load_masked, self._ended, board)
        self._feeds[session_id] = MaskedFeed(hub, self._masking)
        return hub

    async def _load_masked(self, session_id: int, since: int, rows: int | None) -> StateRead | None:
        assert self._masking is not None
        state = await self._load(session_id, since, rows)
        return None if state is None else await self._masking.state(state)

    def _everybody(self) -> list[SessionHub]:
        return [*self._hubs.values(), *self._masked.values()]

    def _drop(self, hub: SessionHub) -> None:
        if self._masked.get(hub.session_id) is hub:
            del self._masked[hub.session_id], self._feeds[hub.session_id]
        else:
            self._hubs.pop(hub.session_id, None)
        self.closed_count += 1
        if not any(self.of_session(hub.session_id)):
            self._boards.pop(hub.session_id, None)
            self._closed(hub.session_id)
