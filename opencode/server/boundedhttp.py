"""uvicorn's HTTP protocol with limits on a connection's cost before, between and after its requests."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from opencode.lib.asgi.answers import denial_answer
from opencode.lib.errors import ConnectionsFull, Denial, HeadersTooLarge
from opencode.lib.http import new_request_id, rate_address
from opencode.server.openfiles import connection_room
from opencode.server.sharedframes import AbortableRequestProtocol
from opencode.server.waiting import WaitingConnections

HEAD_BYTES: Final = 64 * 1024
"""The request line and all headers together; applies to a WebSocket's handshake too."""
HEAD_SECONDS: Final = 10
"""The time for all headers, from the connection or, on a kept-alive one, from the first byte of the next request."""
LEFTOVER_SECONDS: Final = 30
"""The time for the rest of a body whose request was answered meanwhile."""
LINGER_SECONDS: Final = 2
"""The time for a refused client to read why: closing at once, with bytes unread, would discard the answer."""
LINGER_BYTES: Final = 16 * 1024 * 1024
STALLED_SECONDS: Final = 60
READ_BYTES_PER_SECOND: Final = 1024
"""The minimum rate at which a client must read what it was sent, checked every STALLED_SECONDS."""

WAITING: Final[WaitingConnections["BoundedHTTPProtocol"]] = WaitingConnections()


class BoundedHTTPProtocol(AbortableRequestProtocol):
    """Between requests a connection stays as long as uvicorn's keep-alive allows; any other wait is short."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address = ""
        self._in_head = True
        self._head_bytes = 0
        self._is_refused = False
        self._is_upgraded = False
        self._drained = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._unsent = 0
        self._stalled: asyncio.TimerHandle | None = None

    # --- connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = rate_address(self.client[0]) if self.client else ""
        if len(self.connections) > connection_room() and not self._make_room():
            self._refuse(ConnectionsFull(retry_after=HEAD_SECONDS))
            return
        WAITING.enter(self, self._address, is_kept=False)
        self._end_in(HEAD_SECONDS, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._release()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._release()
        self._is_upgraded = True
        super().handle_websocket_upgrade()

    def _make_room(self) -> bool:
        leaving = WAITING.least_needed(self._address)
        if leaving is None:
            return False
        WAITING.leave(leaving)
        self.connections.discard(leaving)
        leaving.transport.abort()
        return True

    def _release(self) -> None:
        WAITING.leave(self)
        self._end_in(None)
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _end_in(self, seconds: float | None, end: Callable[[], None] = lambda: None) -> None:
        """Replace the present deadline by one in `seconds`; None: no deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, end)

    # --- receiving

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            self._drain(len(data))
        elif not self._in_head:
            super().data_received(data)
        else:
            self._head_received(data)

    def _head_received(self, data: bytes) -> None:
        """Parse no more of a head than is allowed; one that has not ended by then is refused unread."""
        if not self._head_bytes and self._deadline is None:
            WAITING.leave(self)
            self._end_in(HEAD_SECONDS, self._head_is_late)
        room = HEAD_BYTES - self._head_bytes
        self._head_bytes += len(data[:room])
        super().data_received(data[:room])
        if self._is_upgraded or self._is_refused or self.transport.is_closing():
            return
        if self._head_bytes >= HEAD_BYTES:
            self._refuse(HeadersTooLarge(limit=HEAD_BYTES))
        elif len(data) > room:
            self.data_received(data[room:])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            # One of several pipelined requests; this exception ends the parser with an error.
            raise HeadersTooLarge(limit=HEAD_BYTES)
        self._in_head = False
        self._head_bytes = 0
        WAITING.leave(self)
        self._end_in(None)
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        if not self._in_head or sum(len(name) + len(value) for name, value in self.headers or ()) <= HEAD_BYTES:
            super().send_400_response(msg)
        else:
            self._refuse(HeadersTooLarge(limit=HEAD_BYTES))

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        if not self._is_refused and self.cycle is not None and self.cycle.response_complete:
            self._keep()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self._in_head:
            self._keep()
        else:
            self._end_in(LEFTOVER_SECONDS, self.transport.abort)

    def _keep(self) -> None:
        """Answered, with the whole body received: wait for the next request, or the end of the keep-alive."""
        self._end_in(None)
        if self.timeout_keep_alive_task is None:
            handler = self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, handler)
        WAITING.enter(self, self._address, is_kept=True)

    def _head_is_late(self) -> None:
        """A request that is still being answered goes on, but its connection is not kept alive."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self.cycle.keep_alive = False

    # --- refusals

    def _refuse(self, denial: Denial) -> None:
        """Answer without calling the application, then process nothing more and close."""
        self._release()
        self._is_refused = True
        request_id = new_request_id()
        answer = denial_answer(denial, request_id)
        status = HTTPStatus(answer.status)
        headers = {
            b"content-type": b"application/json",
            b"content-length": str(len(answer.body)).encode(),
            b"cache-control": b"no-store",
            b"x-request-id": request_id.encode(),
            **dict(answer.headers),
            b"connection": b"close",
        }
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), *(b": ".join(pair) for pair in headers.items())]
        self.transport.write(b"\r\n".join([*lines, b"", answer.body]))
        self.transport.write_eof()
        self._end_in(LINGER_SECONDS, self.transport.abort)

    def _drain(self, size: int) -> None:
        self._drained += size
        if self._drained > LINGER_BYTES:
            self.transport.abort()

    # --- sending

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._unsent = self.transport.get_write_buffer_size()
            self._stalled = self.loop.call_later(STALLED_SECONDS, self._look_at_reader)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _look_at_reader(self) -> None:
        unsent, self._stalled = self.transport.get_write_buffer_size(), None
        if self._unsent - unsent < STALLED_SECONDS * READ_BYTES_PER_SECOND:
            self.transport.abort()
            return
        self._unsent = unsent
        self._stalled = self.loop.call_later(STALLED_SECONDS, self._look_at_reader)
