"""The WebSocket `/sync/v1/sessions/<id>`: a shell that moves frames between socket, follower and writer."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from opencode.lib.errors import Denial
from sync.live import (
    RESTART_SECONDS,
    Connection,
    Ending,
    Follower,
    Person,
    SessionAccess,
    abort_of,
    count_refused,
    facts_of,
    get_runtime,
    publish_begin,
    resume_position,
    session_access,
    session_request,
)
from sync.protocol.closing import CloseCode, close_code_of
from sync.protocol.frames import SUBPROTOCOL, SharedText, bye_text, error_text
from sync.protocol.positions import Position
from sync.protocol.requests import FrameRefused, PingRequest, PresenceRequest, PublishRequest
from sync.protocol.updates import PublishReceipt

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class WebSocketTransport:
    """Sends frames as WebSocket messages, through the server's extensions where it has them (`opencode.server`)."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._extensions: Mapping[str, Any] = scope.get("extensions") or {}
        self.abort = abort_of(scope)
        self.push: Callable[[bytes], bool] | None = self._extensions.get("opencode.push")

    async def send(self, text: str, _position: Position | None) -> None:
        """Send one frame; a large one that many sockets share is not copied for each where the server allows."""
        if self.push is not None and isinstance(text, SharedText):
            await self._extensions["opencode.writable"].wait()
            if self.push(text.wire):
                return
        await self._send({"type": "websocket.send", "text": text})

    async def close(self, ending: Ending) -> None:
        for text in _last_words(ending):
            await self._send({"type": "websocket.send", "text": text})
        await self._send({"type": "websocket.close", "code": int(ending.code)})


class SessionConsumer(AsyncConsumer):  # type: ignore[misc]
    """One socket. It has no channel in the layer: the process is the member of the session's group."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket. Replaces Channels' loop, which makes a task and a thread call for every frame."""
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
        self._connection: Connection | None = None
        self._sender: asyncio.Task[None] | None = None
        transport = WebSocketTransport(self.scope, self.base_send)
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        await self.send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        request = session_request(self.scope)
        try:
            access = await session_access(request)
            get_runtime().connections.require_room(access, request.ip or "")
        except Denial as denial:
            with suppress(OSError, RuntimeError):
                await transport.close(Ending(close_code_of(denial.status), denial))
            return
        self._serve(access, transport, request.ip or "")

    def _serve(self, access: SessionAccess, transport: WebSocketTransport, address: str) -> None:
        person = Person(secrets.token_hex(6), access.name, access.client, {})
        self._follower = Follower(access, transport, since=resume_position(self.scope), person=person)
        self._connection = Connection(access, self._follower.end, address)
        get_runtime().connections.add(self._connection)
        self._sender = self._follower.start()

    async def received(self, message: dict[str, Any]) -> None:
        if self._connection is None:
            return
        state = self._follower.state
        try:
            request = state.receive(message.get("text"))
            if isinstance(request, PublishRequest):
                self._publish(self._connection, request)
            elif isinstance(request, PresenceRequest):
                self._follower.present(request.state)
            elif isinstance(request, PingRequest):
                self._answer_ping(self._connection.access)
        except FrameRefused as refused:
            if refused.is_publish:
                count_refused(refused.code)
            self._refused(state.refuse(refused))
        await self._follower.may_receive()

    async def disconnected(self) -> None:
        if self._connection is not None:
            get_runtime().connections.discard(self._connection)
        if self._sender is not None:
            self._sender.cancel()
        raise StopConsumer

    def _publish(self, connection: Connection, request: PublishRequest) -> None:
        state = self._follower.state
        session_id = connection.access.session_id
        try:
            outcome = publish_begin(
                session_id=session_id, updates=request.updates, operation_id=request.id, sender=connection
            )
        except Denial as denial:
            self._refused(state.refuse_publish(request.id, denial, time.monotonic()))
            return
        state.publish_taken()
        outcome.add_done_callback(partial(self._settled, request.id))

    def _settled(self, operation_id: str, outcome: "asyncio.Future[PublishReceipt]") -> None:
        self._follower.state.publish_settled(operation_id, outcome.exception() or outcome.result())
        self._follower.wake()

    def _refused(self, code: CloseCode | None) -> None:
        """Send the queued answer; with a close code it is the last one."""
        self._follower.wake()
        if code is not None:
            self._follower.end(code)

    def _answer_ping(self, access: SessionAccess) -> None:
        hub = get_runtime().hubs.get(access.session_id, is_masked=access.is_masked)
        if hub is not None and hub.heartbeat_now:
            self._follower.put(hub.heartbeat_now)


def _last_words(ending: Ending) -> list[str]:
    """The last frames: the `error` of a denial, `bye` when reconnecting helps; else the close code says it all."""
    words: list[str] = []
    denial = ending.denial
    if denial is not None:
        words.append(error_text(denial.code, denial.message, None, facts_of(denial)))
    if ending.code is CloseCode.RESTART:
        pause = denial.retry_after if denial is not None else None
        words.append(bye_text("restart" if denial is None else denial.code, pause or RESTART_SECONDS))
    return words
