"""The WebSocket `/sync/v1/sessions/<id>`: a thin shell that moves frames between the socket, the hub and the writer."""

import asyncio
import logging
import secrets
import time
from collections import deque
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings

from opencode.lib.errors import Denial, TooManyRequests
from sync.live import (
    EDITOR,
    IN_FLIGHT,
    RESTART_SECONDS,
    Connection,
    Cursor,
    Person,
    ReaderEnded,
    Runtime,
    SessionHub,
    SocketAccess,
    count_refused,
    get_runtime,
    resume_position,
    socket_access,
    socket_request,
    welcome_of,
)
from sync.protocol.closing import CloseCode, close_code_of
from sync.protocol.frames import SUBPROTOCOL, SharedText, ack_text, bye_text, error_text
from sync.protocol.pacing import Strikes
from sync.protocol.requests import FrameRefused, PingRequest, PresenceRequest, PublishRequest, read_request
from sync.protocol.updates import Receipt
from sync.writer import Publish
from workspaces.keys.usage import count_publish

log = logging.getLogger(__name__)
# Refusals that mean the other side does not speak the protocol: the socket is closed after them.
_FATAL = {"frame_malformed": CloseCode.BAD_FRAME, "frame_too_large": CloseCode.TOO_LARGE}


class SocketLost(Exception):
    """The other side has gone; there is nobody to send to."""


class SessionConsumer(AsyncConsumer):  # type: ignore[misc]
    """One socket. The process is the group's member, not the socket: no layer channel of its own."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Channels' own loop makes a task for every frame and looks at database connections in a thread before each."""
        self.scope = scope
        self.base_send = send
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

    async def dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.receive":
            await self.received(message)
        elif message["type"] == "websocket.connect":
            await self.connected()
        else:
            await self.disconnected()

    async def connected(self) -> None:
        self._runtime: Runtime = get_runtime()
        self._outbox: deque[str] = deque()
        self._closing: CloseCode | None = None
        self._in_flight = 0
        self._strikes = Strikes()
        self._room = asyncio.Event()
        self._id = secrets.token_hex(6)
        self._hub: SessionHub | None = None
        self._cursor: Cursor | None = None
        self._sender: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        await self.send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        try:
            request = socket_request(self.scope)
            self._access: SocketAccess = await self._runtime.read(socket_access, request)
            self._runtime.connections.require_room(self._access, request.ip or "")
        except Denial as denial:
            await self._refuse(denial)
            return
        self._connection = Connection(self._access, self._end, request.ip or "")
        self._runtime.connections.add(self._connection)
        self._sender = asyncio.create_task(self._serve())

    async def received(self, message: dict[str, Any]) -> None:
        if self._sender is None:
            return
        text = message.get("text")
        try:
            if text is None:
                raise FrameRefused("frame_malformed", "frames are text, not binary")
            if len(text) > settings.SYNC_FRAME_BYTES:
                raise FrameRefused("frame_too_large", f"a frame holds at most {settings.SYNC_FRAME_BYTES} bytes")
            request = read_request(text, self._access.client_id, settings.SYNC_ENTRY_BYTES)
            if isinstance(request, PingRequest):
                self._answer_ping()
            elif isinstance(request, PresenceRequest):
                self._present(request.state)
            else:
                self._publish(request)
        except FrameRefused as refused:
            self._put(error_text(refused.code, refused.message, refused.operation_id))
            if refused.operation_id is None and refused.code in _FATAL:
                self._end(_FATAL[refused.code])
        # What waits for this client is bounded too: who does not read its answers is not read from either.
        while max(self._in_flight, len(self._outbox)) >= IN_FLIGHT and self._closing is None:
            self._room.clear()
            await self._room.wait()

    async def disconnected(self) -> None:
        if self._connection is not None:
            self._runtime.connections.discard(self._connection)
        if self._sender is not None:
            self._sender.cancel()
        raise StopConsumer

    # --- from the client

    def _publish(self, request: PublishRequest) -> None:
        if self._access.role != EDITOR:
            count_refused("publish_forbidden")
            raise FrameRefused("publish_forbidden", "this connection may read the session, not write", request.id)
        wait = self._runtime.pace.wait(self._access)
        if wait:
            self._slow_down(request.id, wait)
            return
        publish = Publish(self._access.session_id, request.updates, request.id)
        try:
            outcome = self._runtime.submit(publish)
        except Denial as denial:
            raise FrameRefused(denial.code, denial.message, request.id) from denial
        if self._access.key_id:
            count_publish(self._access.workspace_id, self._access.key_id)
        self._in_flight += 1
        outcome.add_done_callback(lambda done: self._answer(request.id, done))

    def _slow_down(self, operation_id: str, wait: int) -> None:
        """Refuse one publish; a client that goes on all the same is closed in the end."""
        denial = TooManyRequests()
        count_refused(denial.code)
        self._put(error_text(denial.code, denial.message, operation_id, {"retry_after": wait}))
        if self._strikes.add(time.monotonic(), wait) > settings.SYNC_REFUSED_PUBLISHES:
            self._end(CloseCode.TOO_FAST)

    def _answer(self, operation_id: str, outcome: "asyncio.Future[Receipt]") -> None:
        self._in_flight -= 1
        self._room.set()
        error = outcome.exception()
        if error is None:
            self._put(ack_text(operation_id, *outcome.result()))
        elif isinstance(error, Denial):
            self._put(error_text(error.code, error.message, operation_id, _facts(error)))
        else:
            self._put(error_text("internal_error", "the update was not kept", operation_id))

    def _present(self, state: dict[str, Any]) -> None:
        if self._hub is not None:
            person = Person(self._id, self._access.name, self._access.client, state)
            self._runtime.presence.join(self._hub, person)

    def _answer_ping(self) -> None:
        hub = self._runtime.hubs.get(self._access.session_id)
        if hub is not None and hub.heartbeat_now:
            self._put(hub.heartbeat_now)

    # --- to the client

    def _put(self, text: str) -> None:
        self._outbox.append(text)
        if self._cursor is not None:
            self._cursor.wake()

    def _end(self, code: CloseCode) -> None:
        self._closing = self._closing or code
        self._room.set()
        if self._cursor is not None:
            self._cursor.wake()

    async def _serve(self) -> None:
        """Send until the socket or the session ends; one send at a time, awaited, so that a slow reader only lags."""
        try:
            async with self._runtime.hubs.reading(self._access.session_id) as hub:
                self._hub = hub
                try:
                    await self._serve_hub(hub)
                finally:
                    self._runtime.presence.leave(hub, self._id)
        except SocketLost:
            return
        except ReaderEnded as ended:
            await self._close(ended.code)
        except Denial as denial:
            await self._refuse(denial)
        except Exception:
            log.exception("socket_failed", extra={"session": self._access.session_id})
            await self._close(CloseCode.RESTART)
        finally:
            # Whoever waits for room in the outbox would wait for ever: nobody empties it now.
            self._closing = self._closing or CloseCode.NORMAL
            self._room.set()

    async def _serve_hub(self, hub: SessionHub) -> None:
        push = self.scope.get("extensions", {}).get("opencode.push")
        cursor = Cursor(hub, push, sees_names=bool(self._access.name))
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        await hub.open()
        parts = await cursor.start(resume_position(query))
        await self._text(welcome_of(self._access, hub))
        for part in parts:
            await self._shared(part)
        self._cursor = cursor
        self._present({})
        while True:
            while self._outbox:
                await self._text(self._outbox.popleft())
                self._room.set()
            if self._closing is not None:
                await self._close(self._closing)
                return
            text = await cursor.next()
            if text is not None:
                await self._text(text)
            elif not self._outbox and self._closing is None:
                await cursor.wait()

    async def _text(self, text: str) -> None:
        try:
            await self.base_send({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError) as error:
            # The server's ways to say that the other side has gone.
            raise SocketLost from error

    async def _shared(self, text: SharedText) -> None:
        """A large text that many are sent: without a copy for each where the server allows."""
        extensions = self.scope.get("extensions", {})
        if "opencode.push" in extensions:
            await extensions["opencode.writable"].wait()
            if extensions["opencode.push"](text.wire):
                return
        await self._text(text)

    async def _refuse(self, denial: Denial) -> None:
        code = close_code_of(denial.status)
        last_words = [error_text(denial.code, denial.message, None, _facts(denial))]
        if code is CloseCode.RESTART:
            last_words.append(bye_text(denial.code, denial.retry_after or RESTART_SECONDS))
        await self._close(code, *last_words)

    async def _close(self, code: CloseCode, *last_words: str) -> None:
        if code is CloseCode.RESTART and not last_words:
            last_words = (bye_text("restart", RESTART_SECONDS),)
        with suppress(SocketLost, OSError, RuntimeError):
            for text in last_words:
                await self._text(text)
            await self.base_send({"type": "websocket.close", "code": int(code)})


def _facts(denial: Denial) -> dict[str, Any]:
    """What a refusal says beside its code and message."""
    pause = {} if denial.retry_after is None else {"retry_after": denial.retry_after}
    return {**denial.extra, **pause}
