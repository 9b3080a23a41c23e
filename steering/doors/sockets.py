"""The WebSocket `/sync/v1/bridge`: a shell that takes a bridge's frames to the services, one after another."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import structlog
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings

from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import Denial
from steering.doors.handling import Handler
from steering.doors.handshake import address_of, bridge_access, connection_access
from steering.live import Bridge, get_bridges, steering_start
from steering.protocol.frames import SUBPROTOCOL, BridgeFrameRefused, Hello, read_frame, welcome_text
from steering.selectors.commands import ceiling_of
from steering.services.processes import process_hello
from sync.live import RESTART_SECONDS, Connection, facts_of, get_runtime
from sync.protocol.closing import CloseCode, close_code_of
from sync.protocol.frames import bye_text, error_text
from sync.protocol.pacing import TokenBucket
from workspaces.access import DeviceAccess

log = structlog.get_logger(__name__)
FRAMES_PER_SECOND: Final = 50
HELLO_SECONDS: Final = 10


class BridgeConsumer(AsyncConsumer):  # type: ignore[misc]
    """One bridge. It has no channel in the layer."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket. Replaces Channels' loop, as that of sessions' sockets is."""
        self.scope, self.base_send = scope, send
        self._bridge: Bridge | None = None
        self._connection: Connection | None = None
        self._closing: asyncio.Task[None] | None = None
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

    async def dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.receive":
            await self.received(message.get("text"))
        elif message["type"] == "websocket.connect":
            await self.connected()
        else:
            await self.disconnected()

    async def connected(self) -> None:
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        await self.send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        self._pace = TokenBucket(FRAMES_PER_SECOND, asyncio.get_running_loop().time())
        try:
            self._access: DeviceAccess = await get_runtime().read(bridge_access, self.scope)
            access = connection_access(self._access)
            get_runtime().connections.require_room(access, address_of(self.scope))
        except Denial as denial:
            await self._refuse(denial)
            return
        self._connection = Connection(access, self._ended, address_of(self.scope))
        get_runtime().connections.add(self._connection)
        asyncio.get_running_loop().call_later(HELLO_SECONDS, self._end_without_hello)

    async def received(self, text: str | None) -> None:
        if self._connection is None or self._connection.ended is not None:
            return
        await asyncio.sleep(self._pace.reserve(asyncio.get_running_loop().time(), HELLO_SECONDS))
        try:
            frame = read_frame(text)
            if isinstance(frame, Hello):
                await self._hello(self._connection, frame)
            elif self._bridge is None:
                raise BridgeFrameRefused("say hello first")
            else:
                self._bridge.heard_at = asyncio.get_running_loop().time()
                if frame is not None and not await self._handler.take(frame):
                    self._connection.end(CloseCode.NORMAL)
        except BridgeFrameRefused as refused:
            await self._say(error_text("frame_malformed", str(refused)))
            self._connection.end(CloseCode.BAD_FRAME)
        except Denial as denial:
            await self._say(error_text(denial.code, denial.message, None, facts_of(denial)))
            if denial.status in {403, 409}:
                self._connection.end(CloseCode.EPOCH_CHANGED if denial.status == 409 else CloseCode.FORBIDDEN)
        except Exception:
            log.exception("bridge_failed")
            self._connection.end(CloseCode.RESTART)

    async def disconnected(self) -> None:
        if self._bridge is not None:
            get_bridges().discard(self._bridge)
        if self._connection is not None:
            get_runtime().connections.discard(self._connection)
        if self._closing is not None:
            self._closing.cancel()
        raise StopConsumer

    async def _hello(self, connection: Connection, hello: Hello) -> None:
        if self._bridge is not None:
            raise BridgeFrameRefused("hello comes once")
        steering_start()
        admitted = await in_thread(process_hello, access=self._access, hello=hello)
        heard_at = asyncio.get_running_loop().time()
        self._bridge = Bridge(admitted.process_id, admitted.generation, connection, heard_at, self._say)
        self._handler = Handler(self._bridge)
        get_bridges().add(self._bridge)
        await self._say(
            welcome_text(
                process=admitted.client_id,
                resume=admitted.resume,
                heartbeat=settings.SYNC_HEARTBEAT_SECONDS * 0.75,
                device=self._access.device_id,
                ceiling=await in_thread(ceiling_of, self._access.workspace_id),
            )
        )

    def _end_without_hello(self) -> None:
        if self._bridge is None and self._connection is not None:
            self._connection.end(CloseCode.SILENT_CLIENT)

    async def _say(self, text: str) -> None:
        with suppress(OSError, RuntimeError):
            await self.send({"type": "websocket.send", "text": text})

    async def _refuse(self, denial: Denial) -> None:
        await self._say(error_text(denial.code, denial.message, None, facts_of(denial)))
        await self._close(close_code_of(denial.status))

    def _ended(self, code: CloseCode) -> None:
        """The connection is over, by whatever it depended on; called on the loop, and waits for nothing."""
        self._closing = asyncio.get_running_loop().create_task(self._close(code))

    async def _close(self, code: CloseCode) -> None:
        if code is CloseCode.RESTART:
            await self._say(bye_text("restart", RESTART_SECONDS))
        with suppress(OSError, RuntimeError):
            await self.send({"type": "websocket.close", "code": int(code)})
