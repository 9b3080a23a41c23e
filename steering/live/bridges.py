"""The bridges connected to this process, one for each agent process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sync.live import Connection
from sync.protocol.closing import CloseCode

SILENT_SECONDS: Final = 10.0
Say = Callable[[str], Awaitable[None]]
"""Sends one frame to a bridge; a bridge that has gone is sent nothing."""


@dataclass(slots=True, eq=False)
class Bridge:
    """One connection of one agent process; `heard_at` is in the loop's seconds, `nonce` the newest it has sent."""

    process_id: int
    generation: int
    connection: Connection
    heard_at: float
    say: Say
    nonce: str = ""


class Bridges:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.started_at = self.loop.time()
        self._bridges: dict[int, Bridge] = {}
        self._noted_at = self.started_at

    def __len__(self) -> int:
        return len(self._bridges)

    def add(self, bridge: Bridge) -> None:
        """Take the place of an earlier connection of the process."""
        before = self._bridges.get(bridge.process_id)
        self._bridges[bridge.process_id] = bridge
        if before is not None:
            before.connection.end(CloseCode.EPOCH_CHANGED)

    def discard(self, bridge: Bridge) -> None:
        if self._bridges.get(bridge.process_id) is bridge:
            del self._bridges[bridge.process_id]

    def get(self, process_id: int) -> Bridge | None:
        return self._bridges.get(process_id)

    @property
    def process_ids(self) -> list[int]:
        return list(self._bridges)

    def heard(self) -> Mapping[int, int]:
        """The processes that said something since the last call, with their generations."""
        since, self._noted_at = self._noted_at, self.loop.time()
        return {each.process_id: each.generation for each in self._bridges.values() if each.heard_at >= since}

    def end(self, process_id: int) -> None:
        """Another process of the console serves this agent process now."""
        bridge = self._bridges.pop(process_id, None)
        if bridge is not None:
            bridge.connection.end(CloseCode.EPOCH_CHANGED)

    def end_silent(self) -> None:
        """End the connections on which nothing came for SILENT_SECONDS."""
        silent = self.loop.time() - SILENT_SECONDS
        for bridge in [each for each in self._bridges.values() if each.heard_at < silent]:
            bridge.connection.end(CloseCode.SILENT_CLIENT)


_current: Bridges | None = None


def get_bridges() -> Bridges:
    """The bridges of the running event loop."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Bridges()
    return _current
