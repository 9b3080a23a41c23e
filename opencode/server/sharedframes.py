"""uvicorn's WebSocket protocol, able to write a frame that was encoded once for many sockets.

An ASGI `websocket.send` encodes, frames and copies its text for each socket, and needs that socket's task to run. An
application that finds `opencode.push` among the scope's extensions may call it with a whole frame's bytes instead;
`opencode.writable` is the event to wait for before.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SharedFrameProtocol(WebSocketsSansIOProtocol):
    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = {
                **(self.scope["extensions"] or {}),
                "opencode.push": self.push,
                "opencode.writable": self.writable,
            }
            self.scope["extensions"] = extensions

    def push(self, frame: bytes) -> bool:
        """Write the frame now; False, and nothing written, when the socket is full, ending, or not open yet."""
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
