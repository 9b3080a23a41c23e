"""Carries committed ranges between processes: each announces which sessions it reads and is sent only those.

The channel layer is only the fast path. Any message may be lost, doubled or reordered: hubs repair themselves from the
database, and every process repeats with each heartbeat what it reads.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import structlog
from channels.layers import InMemoryChannelLayer, get_channel_layer

from sync.live.hub import HubRegistry, Range
from sync.live.interest import Interest

log = structlog.get_logger(__name__)
PROCESSES: Final = "sync.processes"
# Redis cuts a subscriber that lags too far behind: larger ranges are announced only, and read from the database.
MESSAGE_CHARACTERS: Final = 64 * 1024
MESSAGE_SESSIONS: Final = 5000
RECEIVE_RETRY_SECONDS: Final = 1.0
# While the layer hangs, at most so many messages (of MESSAGE_CHARACTERS) wait; the rest is lost, as any message may be.
PENDING_SENDS: Final = 256
Announced = tuple[int, Range]


class Fanout:
    """This process's end of the channel layer; idle when the layer does not reach other processes."""

    def __init__(self, heartbeat_seconds: float) -> None:
        layer = get_channel_layer()
        self._layer: Any = None if layer is None or isinstance(layer, InMemoryChannelLayer) else layer
        self._kept_seconds = heartbeat_seconds * 2
        self._made = ""
        self._channel = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._here: set[int] = set()
        self._joined: list[int] = []
        self._elsewhere = Interest()
        self._is_behind = False
        self._hearers: dict[str, Callable[[Mapping[str, Any]], None]] = {}

    @property
    def has_others(self) -> bool:
        """Whether another process was heard of lately."""
        return bool(self._elsewhere)

    def is_read_elsewhere(self, session_id: int) -> bool:
        """From any thread: whether another process has readers of the session, as far as is known here."""
        return session_id in self._elsewhere

    def at_message(self, kind: str, work: Callable[[Mapping[str, Any]], None]) -> None:
        """Run this for each message of the kind, a `type` of other processes' messages; again replaces it."""
        self._hearers[kind] = work

    def start(self, registry: HubRegistry) -> None:
        """Begin to receive: ranges go to their hubs, other messages to whoever asked for their kind."""
        if self._layer is not None:
            self._spawn(self._receive(registry))

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def join(self, session_id: int) -> None:
        """Note that this process reads the session; announced at the end of this turn of the event loop."""
        self._here.add(session_id)
        if self._channel:
            if not self._joined:
                asyncio.get_running_loop().call_soon(self._tell_joined)
            self._joined.append(session_id)

    def leave(self, session_id: int) -> None:
        """Note that this process no longer reads the session. Not announced: what is not repeated expires elsewhere."""
        self._here.discard(session_id)

    def beat(self) -> None:
        """Repeat what is read here, and forget what other processes have not repeated."""
        self._elsewhere.invalidate(asyncio.get_running_loop().time())
        if self._channel:
            self._tell_reads(self._here)

    def announce(self, ranges: Sequence[Announced]) -> None:
        """Send one commit's ranges to the processes that read them; never waits, never fails the commit."""
        wanted: dict[str, list[Announced]] = defaultdict(list)
        for announced in ranges:
            for channel in self._elsewhere.channels(announced[0]):
                wanted[channel].append(announced)
        for channel, theirs in wanted.items():
            for part in _parts_of(theirs):
                self._send(channel, {"type": "sync.ranges", "ranges": part})

    def broadcast(self, session_id: int, message: Mapping[str, Any]) -> None:
        """Send a message to the other processes that have readers of the session; it may be lost."""
        for channel in self._elsewhere.channels(session_id):
            self._send(channel, {**message, "session": session_id})

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message to every process, this one too; it may be lost. Nothing where there is only one."""
        if self._layer is not None:
            self._send("", message)

    def _tell_joined(self) -> None:
        joined, self._joined = self._joined, []
        self._tell_reads(joined)

    def _tell_reads(self, session_ids: Iterable[int], *, to: str = "", ask: bool = False) -> None:
        """Announce what is read here to one process or to all; with `ask` they answer with what they read."""
        told = list(session_ids)
        for start in range(0, max(len(told), 1), MESSAGE_SESSIONS):
            sessions = told[start : start + MESSAGE_SESSIONS]
            message = {"type": "sync.reads", "channel": self._channel, "sessions": sessions, "ask": ask}
            self._send(to, message)

    async def _receive(self, registry: HubRegistry) -> None:
        while True:
            try:
                if not self._channel:
                    await self._enter()
                message = await self._layer.receive(self._channel)
                if message["type"] == "sync.ranges":
                    for session_id, *update in message["ranges"]:
                        registry.deliver(session_id, Range(*update))
                elif message["type"] == "sync.reads":
                    self._hear_reads(message)
                elif message["type"] in self._hearers:
                    self._hearers[message["type"]](message)
            except Exception:
                log.exception("layer_receive_failed")
                await asyncio.sleep(RECEIVE_RETRY_SECONDS)

    async def _enter(self) -> None:
        """Join the group of processes, and ask them what they read."""
        # A retry keeps the channel: with a second one, messages to the first would pile up unread.
        self._made = self._made or await self._layer.new_channel()
        await self._layer.group_add(PROCESSES, self._made)
        self._channel = self._made
        self._tell_reads(self._here, ask=True)

    def _hear_reads(self, message: Mapping[str, Any]) -> None:
        channel = message["channel"]
        if channel == self._channel:
            return
        self._elsewhere.hear(channel, message["sessions"], asyncio.get_running_loop().time() + self._kept_seconds)
        if message["ask"]:
            self._tell_reads(self._here, to=channel)

    def _send(self, channel: str, message: Mapping[str, Any]) -> None:
        """Send to one process, or to all when no channel is named."""
        if len(self._tasks) < PENDING_SENDS:
            self._is_behind = False
            send = self._layer.send(channel, message) if channel else self._layer.group_send(PROCESSES, message)
            self._spawn(send)
        elif not self._is_behind:
            self._is_behind = True
            log.warning("layer_behind")

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("layer_send_failed", exc_info=task.exception())


def _parts_of(ranges: Sequence[Announced]) -> Iterator[list[list[Any]]]:
    """Ranges as lists, grouped into messages of bounded size."""
    part: list[list[Any]] = []
    room = MESSAGE_CHARACTERS
    for session_id, update in ranges:
        pieces = update.pieces
        size = sum(map(len, pieces or ()))
        if size > MESSAGE_CHARACTERS:
            pieces, size = None, 0
        if part and size > room:
            yield part
            part, room = [], MESSAGE_CHARACTERS
        part.append([session_id, *update[:3], pieces])
        room -= size
    if part:
        yield part
