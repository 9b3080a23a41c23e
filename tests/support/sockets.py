"""A plain client of the sync sockets, for tests that look at every frame."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Frame = dict[str, Any]
FRAME_SECONDS = 10
ABNORMAL = 1006


class SyncSocket:
    """One connection: `async with SyncSocket(url, headers=…) as socket`. `frames` keeps everything that came."""

    def __init__(
        self, url: str, *, headers: Mapping[str, str] | None = None, since: tuple[str, int] | None = None
    ) -> None:
        self._url = url if since is None else f"{url}?epoch={since[0]}&seq={since[1]}"
        self._headers = dict(headers or {})
        self._connection: ClientConnection | None = None
        self.frames: list[Frame] = []

    async def __aenter__(self) -> Self:
        self._connection = await connect(
            self._url, additional_headers=self._headers, max_size=None, proxy=None, compression=None, ping_interval=None
        )
        return self

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
            frame: Frame = json.loads(await self.connection.recv())
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
