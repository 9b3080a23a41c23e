"""Carries committed ranges between processes: one Channels group a session, one channel a process.

The layer is only the fast path. Group sends may be lost, doubled or reordered; hubs repair themselves from the
database.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from sync.hub import HubRegistry, Range

log = logging.getLogger(__name__)
# Redis cuts a subscriber that lags too far behind: larger ranges are announced only, and read from the database.
MESSAGE_CHARACTERS = 64 * 1024
RECEIVE_RETRY_SECONDS = 1.0


def group_name(session_id: int) -> str:
    return f"sync.session.{session_id}"


class Fanout:
    """This process's end of the channel layer; idle when the layer does not reach other processes."""

    def __init__(self) -> None:
        layer = get_channel_layer()
        self._layer: Any = None if layer is None or isinstance(layer, InMemoryChannelLayer) else layer
        self._channel = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._groups: set[int] = set()

    @property
    def reaches_others(self) -> bool:
        return self._layer is not None

    def start(self, registry: HubRegistry, hear: Callable[[Mapping[str, Any]], None]) -> None:
        """Begin to receive: ranges go to their hubs, everything else to `hear`."""
        if self._layer is not None:
            self._spawn(self._receive(registry, hear))

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def join(self, session_id: int) -> None:
        self._groups.add(session_id)
        if self._channel:
            self._spawn(self._layer.group_add(group_name(session_id), self._channel))

    def leave(self, session_id: int) -> None:
        self._groups.discard(session_id)
        if self._channel:
            self._spawn(self._layer.group_discard(group_name(session_id), self._channel))

    def announce(self, session_id: int, update: Range) -> None:
        """Tell the other processes; never waits and never fails the commit it follows."""
        if self._layer is None:
            return
        pieces = update.pieces
        if pieces is not None and sum(map(len, pieces)) > MESSAGE_CHARACTERS:
            pieces = None
        self.tell(session_id, {"type": "sync.range", "range": [*update[:3], pieces]})

    def tell(self, session_id: int, message: dict[str, Any]) -> None:
        """Send a message to the other processes that have readers of the session, if it can be."""
        if self._layer is not None:
            message = {**message, "session": session_id}
            self._spawn(self._layer.group_send(group_name(session_id), message))

    async def _receive(self, registry: HubRegistry, hear: Callable[[Mapping[str, Any]], None]) -> None:
        while True:
            try:
                if not self._channel:
                    self._channel = await self._layer.new_channel()
                    for session_id in self._groups:
                        await self._layer.group_add(group_name(session_id), self._channel)
                message = await self._layer.receive(self._channel)
                if message["type"] == "sync.range":
                    registry.deliver(message["session"], Range(*message["range"]))
                else:
                    hear(message)
            except Exception:
                log.exception("layer_receive_failed")
                await asyncio.sleep(RECEIVE_RETRY_SECONDS)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("layer_send_failed", exc_info=task.exception())
