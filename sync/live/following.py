"""How every reader follows a session: it joins the hub and is sent what comes next, until one side ends it.

WebSockets, event streams and the older agents' poll follow alike; how a frame reaches the client is the business of
their transport. A pull (`pulled_part`) is a single step, read from the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import structlog

from opencode.lib.errors import Denial
from sync.live.access import SessionAccess
from sync.live.connectionstate import ConnectionState
from sync.live.endings import LAST_WORDS_SECONDS
from sync.live.greeting import frame_limits, welcome_of
from sync.live.hub import LogCursor, Person, ReaderEnded, SessionHub, text_without_asks
from sync.live.hub.cursor import Push
from sync.live.runtime import get_runtime
from sync.protocol.closing import CloseCode, close_code_of
from sync.protocol.frames import kind_of
from sync.protocol.positions import Position

log = structlog.get_logger(__name__)


class ReaderLost(Exception):
    """The client has gone, so nothing can be sent any more."""


class Ending(NamedTuple):
    """Why a connection is over; `denial` is set when the session could not be read at all."""

    code: CloseCode
    denial: Denial | None = None


class Transport(Protocol):
    """One client's connection. Sending raises OSError or RuntimeError when the client has gone."""

    @property
    def push(self) -> Push | None:
        """A function that writes a whole frame's bytes at once, without a task; None when this transport has none."""

    async def send(self, text: str, position: Position | None) -> None:
        """Send one frame; `position` is how far the reader then is, None when the frame does not change that."""

    async def close(self, ending: Ending) -> None:
        """Send the reason, and close the connection."""

    @property
    def abort(self) -> Callable[[], None]:
        """A function that cuts the connection and drops what waits to be sent; harmless when it is closed already."""


def abort_of(scope: Mapping[str, Any]) -> Callable[[], None]:
    """A function that cuts the scope's connection at once where the server can (`opencode.server.sharedframes`).

    On other servers it does nothing.
    """
    abort: Callable[[], None] = (scope.get("extensions") or {}).get("opencode.abort", _cannot)
    return abort


def _cannot() -> None:
    """Do nothing: the server closes the connection when the application returns."""


class Follower:
    """One reader of one session. Lives in the task that `start` makes."""

    def __init__(
        self,
        access: SessionAccess,
        transport: Transport,
        *,
        since: Position | None = None,
        person: Person | None = None,
    ) -> None:
        """`since`: where the reader wants to go on; `person`: who is shown as present, None for no one."""
        self.state = ConnectionState(access.client_id, frame_limits())
        self._runtime = get_runtime()
        self._access = access
        self._transport = transport
        self._since = since
        self._person = person
        self._hub: SessionHub | None = None
        self._cursor: LogCursor | None = None
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_following = False
        # In the masked history there are no asks; the original is shared with members.
        self._hides_asks = bool(access.share_id) and not access.is_masked

    def start(self) -> "asyncio.Task[None]":
        """Follow until one side ends it, then send the reason; the task ends when nothing is left to send."""
        self._task = asyncio.create_task(self._run())
        return self._task

    def end(self, code: CloseCode) -> None:
        """Take nothing more from the client, and interrupt what is being sent to send the reason."""
        if not self.state.end(code):
            return
        self._room.set()
        if self._task is not None and self._is_following and self._task is not asyncio.current_task():
            self._task.cancel()

    # --- for the half that receives from the client

    def put(self, text: str) -> None:
        """Queue a frame for this client alone."""
        self.state.put(text)
        self.wake()

    def wake(self) -> None:
        """Look again: there is something to send, or room for the client's next frame."""
        self._room.set()
        if self._cursor is not None:
            self._cursor.wake()

    async def may_receive(self) -> None:
        """Wait until there is room for the client's next frame."""
        while self.state.is_full:
            self._room.clear()
            await self._room.wait()

    def present(self, state: Mapping[str, Any]) -> None:
        """Show the other readers what the person is doing; ignored before they have joined."""
        if self._person is not None and self._hub is not None:
            self._person = replace(self._person, state=state)
            self._runtime.presence.join(self._hub, self._person)

    # --- inside

    async def _run(self) -> None:
        try:
            ending = await self._until_ended()
            self.state.end(ending.code)
            self._room.set()
            await self._say_goodbye(ending)
        except ReaderLost:
            return
        finally:
            # The outbox is not emptied from here on: without this, the receiving half would wait for room for ever.
            self.state.end(CloseCode.NORMAL)
            self._room.set()

    async def _until_ended(self) -> Ending:
        """Follow the session. `end` cancels the task, whatever it waits for; other cancellations pass through."""
        self._is_following = True
        try:
            if self.state.closing is None:
                await self._join_and_follow()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.state.closing is None or task is None:
                raise
            task.uncancel()
        except ReaderEnded as ended:
            return Ending(ended.code)
        except Denial as denial:
            return Ending(close_code_of(denial.status), denial)
        except ReaderLost:
            raise
        except Exception:
            log.exception("reader_failed", session=self._access.session_id)
            return Ending(CloseCode.RESTART)
        finally:
            self._is_following = False
        return Ending(self.state.closing or CloseCode.RESTART)

    async def _join_and_follow(self) -> None:
        async with self._runtime.hubs.reading(self._access.session_id, is_masked=self._access.is_masked) as hub:
            try:
                push = None if self._hides_asks else self._transport.push
                cursor = LogCursor(hub, push, sees_names=bool(self._access.name))
                parts = await cursor.start(self._since)
                await self._send(welcome_of(self._access, hub))
                for part in parts:
                    await self._send(part, cursor.position if part is parts[-1] else None)
                self._hub, self._cursor = hub, cursor
                self.present({})
                await self._follow(cursor)
            finally:
                if self._person is not None:
                    self._runtime.presence.leave(hub, self._person.id)

    async def _follow(self, cursor: LogCursor) -> None:
        """One send at a time, awaited: a slow reader takes bigger steps and holds no memory."""
        while self.state.closing is None:
            while (text := self.state.take()) is not None:
                await self._send(text)
                self._room.set()
            text = await cursor.next()
            if text is not None:
                await self._send(text, cursor.position if kind_of(text) == "updates" else None)
            elif not self.state.has_words and self.state.closing is None:
                await cursor.wait()

    async def _send(self, text: str, position: Position | None = None) -> None:
        if self._hides_asks:
            text = text_without_asks(text)
        try:
            await self._transport.send(text, position)
        except (OSError, RuntimeError) as error:
            # Servers raise either when the client has gone.
            raise ReaderLost from error

    async def _say_goodbye(self, ending: Ending) -> None:
        """Send the reason within LAST_WORDS_SECONDS; after that the connection is cut, read or not."""
        asyncio.get_running_loop().call_later(LAST_WORDS_SECONDS, self._transport.abort)
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                while (text := self.state.take()) is not None:
                    await self._send(text)
                await self._transport.close(ending)
        except (TimeoutError, OSError, RuntimeError):
            return


async def follow_until_gone(follower: Follower, receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
    """Run the follower for a client that only listens, until it is done or the client has gone."""
    tasks = [follower.start(), asyncio.create_task(_gone(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
    while not (await receive())["type"].endswith(".disconnect"):
        pass
