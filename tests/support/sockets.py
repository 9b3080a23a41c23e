"""A plain client of the sync sockets, for tests that look at every frame."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Frame = dict[str, Any]
FRAME_SECONDS = 10
ABNORMAL = 1006


class SyncSocket:
    """One connection: `async with SyncSocket(url, headers=…) as socket`. `frames` keeps the newest `keep` that came.

    With `receive_buffer`, in bytes, a reader that does not receive soon makes the server wait.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        since: tuple[str, int] | None = None,
        keep: int | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        self._url = url if since is None else f"{url}?epoch={since[0]}&seq={since[1]}"
        self._headers = dict(headers or {})
        self._receive_buffer = receive_buffer
        self._connection: ClientConnection | None = None
        self.frames: deque[Frame] = deque(maxlen=keep)

    async def __aenter__(self) -> Self:
        self._connection = await connect(
            self._url,
            additional_headers=self._headers,
            max_size=None,
            max_queue=1 if self._receive_buffer else 16,
            proxy=None,
            compression=None,
            ping_interval=None,
            sock=self._small_socket(self._receive_buffer) if self._receive_buffer else None,
        )
        return self

    def _small_socket(self, size: int) -> socket.socket:
        address = urlsplit(self._url)
        connected = socket.socket()
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        connected.connect((address.hostname, address.port))
        connected.setblocking(False)
        return connected

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()

    @property
    def connection(self) -> ClientConnection:
        assert self._connection is not None, "not connected"
        return self._connection

    async def send(self, frame: Frame | str | bytes) -> None:
        await self.connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def receive(self) -> Frame:
        """The next frame of any type."""
        async with asyncio.timeout(FRAME_SECONDS):
            frame: Frame = msgspec.json.decode(await self.connection.recv())
        self.frames.append(frame)
        return frame

    async def expect(self, kind: str, **fields: object) -> Frame:
        """The next frame of that type with these fields; what comes before it is kept in `frames`."""
        async with asyncio.timeout(FRAME_SECONDS):
            while True:
                frame = await self.receive()
                if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                    return frame

    async def publish(self, operation_id: str, updates: list[Frame]) -> Frame:
        """Publish and wait for the ack."""
        await self.send({"type": "publish", "id": operation_id, "updates": updates})
        return await self.expect("ack", id=operation_id)

    async def closed(self) -> int:
        """Read until the server closes; its code, 1006 when the connection broke without one."""
        with pytest.raises(ConnectionClosed) as end:  # noqa: PT012 - the frames before it are kept
            async with asyncio.timeout(FRAME_SECONDS):
                while True:
                    await self.receive()
        return end.value.rcvd.code if end.value.rcvd else ABNORMAL
