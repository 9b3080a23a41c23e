"""uvicorn's protocols, extended to write a frame encoded once to many sockets, and to reset a connection.

An ASGI `websocket.send` encodes, frames and copies its text for each socket, and needs that socket's task to run. An
application that finds `opencode.push` among the scope's extensions may call it with a whole frame's bytes instead;
`opencode.writable` is the event to wait for first.

uvicorn closes a connection once the client has read everything written, so a client that does not read delays it for
ever. `opencode.abort`, an extension of WebSockets and of plain requests, resets it and discards what was not read.
"""

import asyncio
import os
import socket
import struct
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# l_onoff, l_linger: close with a reset.
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class SharedFrameProtocol(WebSocketsSansIOProtocol):
    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = {
                **(self.scope["extensions"] or {}),
                "opencode.push": self.push,
                "opencode.writable": self.writable,
                "opencode.abort": self.abort,
            }
            self.scope["extensions"] = extensions

    def abort(self) -> None:
        if not self.disconnected:
            _reset(self.transport)

    def push(self, frame: bytes) -> bool:
        """Write the frame now; False, with nothing written, when the socket is full, closing, or not open yet."""
        if (
            not self.handshake_complete
            or self.close_sent
            or self.disconnected
            or not self.writable.is_set()
            or self.transport.is_closing()
        ):
            return False
        self.transport.write(frame)
        return True


class AbortableRequestProtocol(HttpToolsProtocol):
    _is_lost = False

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {"opencode.abort": self.abort, "opencode.cut": self.cut}

    def abort(self) -> None:
        if not self._is_lost:
            _reset(self.transport)

    def cut(self) -> None:
        """Close once everything written was sent, in the middle of a body: its reader sees that it is not whole."""
        if not self._is_lost:
            self.transport.close()


def _reset(transport: asyncio.Transport) -> None:
    """Reset the connection, which discards everything the client has not read yet.

    Closed the usual way, the kernel would keep offering the data, and a client that did not read for an hour would
    still get it. Only call it while the connection exists: later its file number may belong to another connection.
    """
    # uvloop's sockets do not allow setting options.
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
