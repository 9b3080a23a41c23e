"""Feeds a hub with the masked history: updates are masked off the event loop, in their order, before they are given."""

import asyncio
from typing import Final

import structlog

from sync.live.hub.session import SessionHub
from sync.live.hub.surroundings import Masking, Range

log = structlog.get_logger(__name__)
# Beyond it, updates that wait to be masked are dropped: the hub reads them from the database, where only the newest
# value of each key is left to mask.
WAITING_CHARACTERS: Final = 4 * 1024 * 1024


class MaskedFeed:
    """The way of updates into one hub for readers who have only a link."""

    def __init__(self, hub: SessionHub, masking: Masking) -> None:
        self._hub = hub
        self._masking = masking
        self._waiting: list[Range] = []
        self._characters = 0
        self._task: asyncio.Task[None] | None = None

    def deliver(self, update: Range) -> None:
        """Take a committed range of the original history."""
        self._characters += sum(map(len, update.pieces or ()))
        self._waiting.append(update if self._characters <= WAITING_CHARACTERS else update._replace(pieces=None))
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting and not self._hub.is_ended:
                updates, self._waiting, self._characters = self._waiting, [], 0
                for masked in await self._masked(updates):
                    self._hub.deliver(masked)
        finally:
            self._task = None

    async def _masked(self, updates: list[Range]) -> list[Range]:
        try:
            return await self._masking.ranges(updates)
        except Exception:
            log.exception("updates_not_masked", session=self._hub.session_id)
            # Without their texts the hub reads them, and has them masked, once more.
            return await self._masking.ranges([update._replace(pieces=None) for update in updates])
