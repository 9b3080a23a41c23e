"""A client on a bare socket, for what no library lets a client do: never read, flood without reading, half close."""

import asyncio
import json
import select
import socket
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from websockets.frames import Frame, Opcode

SMALL_BUFFER = 4096
PAUSE_SECONDS = 0.02
OPENING_SECONDS = 10


class RawClient:
    """Connected to `url`; what the server sends stays unread, but for the head of its answer."""

    def __init__(self, url: str, headers: Mapping[str, str], *, upgrade: bool) -> None:
        address = urlsplit(url)
        upgrading = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        lines = {"Host": address.netloc, **headers, **(upgrading if upgrade else {})}
        target = address.path + (f"?{address.query}" if address.query else "")
        head = f"GET {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.socket.settimeout(OPENING_SECONDS)
        self.socket.connect((address.hostname, address.port))
        self.socket.sendall(head.encode())
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            self.head += self.socket.recv(1) or self._closed()
        self.socket.setblocking(False)

    def _closed(self) -> bytes:
        raise ConnectionError(self.head)

    @property
    def is_cut(self) -> bool:
        """Whether the server has hung up; told without reading."""
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP)
        return bool(poll.poll(0))

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    async def publish(self, update_of: Callable[[int], dict[str, Any]], *, pause: float = PAUSE_SECONDS) -> None:
        """Publish one update after the other, without end, until the connection is gone."""
        for number in count():
            frame = {"type": "publish", "id": f"op-{number}", "updates": [update_of(number)]}
            data = Frame(Opcode.TEXT, json.dumps(frame).encode()).serialize(mask=True)
            if not await self._send(data):
                return
            await asyncio.sleep(pause)

    async def _send(self, data: bytes) -> bool:
        """All of it, as the server takes it; False when the connection is gone."""
        while data:
            try:
                data = data[self.socket.send(data) :]
            except BlockingIOError:
                await asyncio.sleep(PAUSE_SECONDS)
            except OSError:
                return False
        return True
