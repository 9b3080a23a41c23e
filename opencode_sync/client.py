"""A self-healing connection to one session: follows it, publishes to it, and continues from its position."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from opencode_sync.errors import Gap, SyncEnded
from opencode_sync.pending import PendingPublishes
from opencode_sync.reconnecting import EPOCH_CHANGED, FINAL_CODES, FINAL_STATUSES, Backoff
from opencode_sync.stream import Frame, Position, SyncStream

SUBPROTOCOL: Final = Subprotocol("opencode.sync.v1")
LOST_AFTER_HEARTBEATS: Final = 2.5
CONNECT_SECONDS: Final = 10.0


class SyncClient:
    """One session at `url`, `https://<console>/sync/v1/sessions/<id>`, with an API key or, for a public share, without.

    `frames()` keeps the connection. Publishes are sent only while `frames()` is iterated, and survive reconnects then.
    `position` is where to continue; `delays` are the shortest and longest wait between two attempts, in seconds.
    """

    def __init__(
        self, url: str, *, key: str = "", position: Position | None = None, delays: tuple[float, float] = (0.5, 15.0)
    ) -> None:
        self._url = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._stream = SyncStream(position)
        self._backoff = Backoff(*delays)
        self._pending = PendingPublishes()
        self._socket: ClientConnection | None = None

    @property
    def position(self) -> Position | None:
        """The last update that was returned; give it to another client to continue from there."""
        return self._stream.position

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Whole `snapshot` frames and the `updates` that follow, for ever. Raises SyncEnded on a final refusal."""
        while True:
            try:
                async with self._connection() as socket:
                    async for frame in self._follow(socket):
                        yield frame
            except InvalidStatus as refusal:
                if refusal.response.status_code in FINAL_STATUSES:
                    raise self._ended(refusal.response.status_code, "the handshake was refused") from refusal
            except ConnectionClosed as closed:
                self._closed(closed)
            except (OSError, TimeoutError, Gap, WebSocketException):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(self._backoff.next_seconds())

    async def publish(self, updates: Sequence[Frame], *, id: str = "") -> Frame:
        """Publish all of `updates` or none, and return the `ack` frame.

        An update is `{"key": …, "content": …}` or `{"key": …, "deleted": True}`. With an `id` of your own a repeat
        within a day is harmless: it gets the first one's ack. Raises SyncRefused, SyncEnded.
        """
        publish = self._pending.add(id or secrets.token_hex(12), updates)
        if self._socket is not None:
            await self._send(self._socket, publish.text)
        return await publish.ack

    def _connection(self) -> connect:
        return connect(
            self._address(),
            additional_headers=self._headers,
            subprotocols=[SUBPROTOCOL],
            open_timeout=CONNECT_SECONDS,
            max_size=None,
            proxy=None,
        )

    async def _follow(self, socket: ClientConnection) -> AsyncGenerator[Frame, None]:
        patience = CONNECT_SECONDS
        while True:
            async with asyncio.timeout(patience):
                frame: Frame = json.loads(await socket.recv())
            if frame["type"] == "welcome":
                patience = frame["heartbeat"] * LOST_AFTER_HEARTBEATS
            elif frame["type"] == "bye":
                self._backoff.server_asks(frame["retry_after"])
            else:
                self._pending.settle(frame)
            out = self._stream.take(frame)
            if frame["type"] == "welcome":
                await self._welcomed(socket)
            if out is not None:
                yield out

    async def _welcomed(self, socket: ClientConnection) -> None:
        """Send every publish again that has no answer."""
        self._socket = socket
        self._backoff.connected()
        for text in self._pending.texts():
            await self._send(socket, text)

    async def _send(self, socket: ClientConnection, text: str) -> None:
        try:
            await socket.send(text)
        except ConnectionClosed:
            self._socket = None  # it is sent again after the next welcome

    def _closed(self, closed: ConnectionClosed) -> None:
        code = closed.rcvd.code if closed.rcvd else 0
        if code == EPOCH_CHANGED:
            self._stream.position = None
        if code in FINAL_CODES:
            raise self._ended(code, closed.rcvd.reason if closed.rcvd else "") from closed

    def _ended(self, code: int, reason: str) -> SyncEnded:
        ended = SyncEnded(code, reason)
        self._pending.fail(ended)
        return ended

    def _address(self) -> str:
        scheme = self._url.scheme.replace("http", "ws", 1)
        query = urlencode(self.position._asdict()) if self.position else ""
        joined = "&".join(filter(None, (self._url.query, query)))
        return urlunsplit((scheme, self._url.netloc, self._url.path, joined, ""))
