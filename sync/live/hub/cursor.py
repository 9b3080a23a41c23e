"""One reader's place in a session: how far it has been sent updates, and what comes next."""

import asyncio
from collections.abc import Callable

from sync.live.hub.frame import Frame
from sync.live.hub.session import SessionHub
from sync.protocol.frames import SharedText
from sync.protocol.positions import Position

Push = Callable[[bytes], bool]


class LogCursor:
    """A reader's place in the shared log. A slow one falls behind, then off the log, and goes on from the database.

    So a reader, however slow, holds no memory of its own.
    """

    def __init__(self, hub: SessionHub, push: Push | None = None, *, sees_names: bool = False) -> None:
        """`push(bytes)` writes a whole WebSocket frame at once and returns whether it did."""
        self._sees_names = sees_names
        self._presence = hub.presence_told
        self._hub = hub
        self._push = push
        self._hint = -1
        self._beats = hub.beats
        self._waiter: asyncio.Future[None] | None = None
        self.seq = -1

    @property
    def position(self) -> Position:
        """How far the reader has been sent updates."""
        return Position(self._hub.epoch, self.seq)

    async def start(self, since: Position | None) -> list[SharedText]:
        """Begin right after `since` when it is of this epoch and not above the head, else with the whole state.

        Returns the parts of the whole state, none when resuming. Raises ReaderEnded.
        """
        head = await self._hub.open()
        if since is not None and since.epoch == head.epoch and since.seq > head.seq:
            await self._hub.catch_up()
            head = self._hub.head
        if since is not None and since.leads_to(head):
            self.seq = since.seq
            return []
        state = await self._hub.whole_state()
        self._hub.raise_if_ended()
        self.seq = state.position.seq
        return state.parts

    def take(self) -> str | None:
        """The next text to send, None when there is nothing now. Raises ReaderEnded."""
        hub = self._hub
        hub.raise_if_ended()
        if self.seq >= hub.flushed:
            if self._presence != hub.presence_told:
                self._presence = hub.presence_told
                return hub.presence.text(with_names=self._sees_names)
            if self._beats == hub.beats:
                return None
            self._beats = hub.beats
            return hub.heartbeat
        found = hub.frames.find(self.seq, self._hint)
        if found is None:
            return None
        frame, ordinal = found
        text = frame.text if frame.first == self.seq + 1 else frame.after(self.seq)
        self._hint = ordinal + 1
        self.seq = frame.last
        return text

    @property
    def is_behind(self) -> bool:
        """Whether there is more, though `take` gave nothing: the log no longer holds what comes next."""
        return self.seq < self._hub.flushed

    async def next(self) -> str | None:
        """What comes next, from the log or else from the database; None when there is nothing. Raises ReaderEnded."""
        text = self.take()
        return await self.catch_up() if text is None and self.is_behind else text

    async def catch_up(self) -> str | None:
        """What comes next, from the database. Raises ReaderEnded."""
        frame = await self._hub.state_after(self.seq)
        if frame is None:
            return None
        self.seq = frame.last
        return frame.text

    async def wait(self) -> None:
        """Wait until there may be something to take, or `wake` is called; meanwhile the hub pushes frames directly."""
        self._waiter = asyncio.get_running_loop().create_future()
        self._hub.park(self)
        try:
            await self._waiter
        finally:
            self._hub.unpark(self)
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def give(self, frame: Frame, ordinal: int) -> None:
        """While waiting: write the frame straight to the socket when it follows and fits, else wake the task."""
        if self._is_free and self.seq + 1 == frame.first and self._push is not None and self._push(frame.wire):
            self.seq = frame.last
            self._hint = ordinal + 1
        else:
            self.wake()

    def beat(self, wire: bytes) -> None:
        """While waiting: write the heartbeat to the socket when nothing is missing before it, else wake the task."""
        if self._is_free and self.seq >= self._hub.flushed and self._push is not None and self._push(wire):
            self._beats = self._hub.beats
        else:
            self.wake()

    @property
    def _is_free(self) -> bool:
        """Whether the task sleeps, so that nothing of its own is half sent."""
        return self._waiter is not None and not self._waiter.done()
