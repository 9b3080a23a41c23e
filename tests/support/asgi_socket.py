"""A WebSocket client inside the test's process: speaks ASGI to the application, shares its database and its loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

from channels.testing import WebsocketCommunicator

from opencode.asgi import application
from tests.support.asgi_http import HOST

FRAME_SECONDS = 10


class ASGISocket:
    """`async with ASGISocket("/sync/v1/sessions/ses_1", {"authorization": …}) as socket`."""

    def __init__(
        self, path: str, headers: Mapping[str, str] | None = None, query: str = "", subprotocols: tuple[str, ...] = ()
    ) -> None:
        given = {"host": HOST, **(headers or {})}
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 5000),
            "subprotocols": list(subprotocols),
            "extensions": {"opencode.abort": self._abort},
        }
        self.aborted = asyncio.Event()
        self.waiting_sends = 0
        self.subprotocol: str | None = None
        self._reads = asyncio.Event()
        self._reads.set()
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(application(self.scope, self._in.get, self._send))
        await self._in.put({"type": "websocket.connect"})
        accepted = await self._next()
        self.subprotocol = accepted.get("subprotocol")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._in.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(FRAME_SECONDS):
            await self._task

    async def send(self, frame: dict[str, Any] | str | bytes) -> None:
        message: dict[str, Any] = {"type": "websocket.receive"}
        if isinstance(frame, bytes):
            message["bytes"] = frame
        else:
            message["text"] = frame if isinstance(frame, str) else json.dumps(frame)
        await self._in.put(message)

    async def publish(self, operation: str, key: str, content: object) -> None:
        await self.send({"type": "publish", "id": operation, "updates": [{"key": key, "content": content}]})

    async def first(self) -> dict[str, Any]:
        """The next frame of any type."""
        frame: dict[str, Any] = json.loads((await self._next())["text"])
        return frame

    async def frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others before it are passed over."""
        while True:
            message = await self._next()
            assert message["type"] == "websocket.send", message
            frame: dict[str, Any] = json.loads(message["text"])
            if frame["type"] == kind:
                return frame

    async def entries(self) -> list[dict[str, Any]]:
        """Those of the next frame that has some: a snapshot's or an update's."""
        while True:
            message = await self._next()
            assert message["type"] == "websocket.send", message
            if entries := json.loads(message["text"]).get("entries"):
                return list(entries)

    @asynccontextmanager
    async def not_reading(self) -> AsyncIterator[None]:
        """While inside, what the server sends waits."""
        self._reads.clear()
        try:
            yield
        finally:
            self._reads.set()

    @property
    def unread_by_server(self) -> int:
        """How many of our frames the server has not taken."""
        return self._in.qsize()

    async def settled(self) -> None:
        """Until the server takes no more of our frames."""
        async with asyncio.timeout(FRAME_SECONDS):
            left = -1
            while left != self._in.qsize():
                left = self._in.qsize()
                for _ in range(100):
                    await asyncio.sleep(0)

    def stop_reading(self) -> None:
        """From now on what the server sends waits."""
        self._reads.clear()

    async def rest(self) -> tuple[str, int]:
        """Everything until the server closes, and its code."""
        texts = ""
        while (message := await self._next())["type"] != "websocket.close":
            texts += message["text"]
        return texts, int(message["code"])

    async def _send(self, message: dict[str, Any]) -> None:
        self.waiting_sends += 1
        try:
            await self._reads.wait()
        finally:
            self.waiting_sends -= 1
        await self._out.put(message)

    def _abort(self) -> None:
        """As the server's: the application is told, whatever it was sending."""
        self.aborted.set()
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def closed(self) -> int:
        """The code the server closes with; frames before it are passed over."""
        while (message := await self._next())["type"] != "websocket.close":
            pass
        return int(message["code"])

    async def _next(self) -> dict[str, Any]:
        async with asyncio.timeout(FRAME_SECONDS):
            return await self._out.get()


def communicator(path: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> WebsocketCommunicator:
    """Channels' own client, for what ends before it is accepted; asks for the host that the others ask for."""
    return WebsocketCommunicator(application, path, headers=[(b"host", HOST.encode()), *headers])
