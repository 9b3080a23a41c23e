"""What a client gets: a refusal, an answer in one piece, or a stream that ends as it should, or visibly does not."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

from gateway.providers.kinds import Form
from gateway.wire.denying.bodies import denial_body, denial_headers, denial_status
from opencode.lib.asgi.answers import transport_headers
from opencode.lib.errors import Denial

Message = MutableMapping[str, Any]
Headers = list[tuple[bytes, bytes]]
COMMENT: Final = b": still waiting\n\n"
CUT_SECONDS: Final = 5.0
_CLOSING: Final = frozenset({408, 413})


class Outgoing:
    """The response of one call. After `cut`, clients see that the body is not complete."""

    def __init__(self, send: Callable[[Message], Awaitable[None]], call_id: str) -> None:
        self._send = send
        self.call_id = call_id
        self.is_started = False
        self.is_complete = False
        self.status = 0
        self.sent_at = time.monotonic()

    async def start(self, status: int, headers: Headers) -> None:
        """Send status and headers, once."""
        if self.is_started:
            return
        self.is_started, self.status = True, status
        common = [
            (b"x-request-id", self.call_id.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *transport_headers(),
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": [*common, *headers]})

    async def send(self, data: bytes, *, more: bool = True) -> None:
        self.sent_at = time.monotonic()
        self.is_complete = not more
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def comment(self) -> None:
        """A line that clients ignore, so that nothing on the way takes the stream for dead."""
        await self.start(200, STREAM_HEADERS)
        await self.send(COMMENT)

    async def answer(self, status: int, body: bytes, headers: Headers) -> None:
        """A whole response."""
        await self.start(status, [*headers, (b"content-length", str(len(body)).encode())])
        await self.send(body, more=False)

    async def deny(self, form: Form, denial: Denial) -> None:
        """A refusal in the form's shape."""
        headers = [(b"content-type", b"application/json"), *denial_headers(denial)]
        if denial.status in _CLOSING:
            headers.append((b"connection", b"close"))
        await self.answer(denial_status(denial), denial_body(form, denial), headers)

    async def cut(self, abort: Callable[[], None] | None, gone: asyncio.Event) -> None:
        """End the connection without the end of the body; `gone` is set once it is closed."""
        if abort is not None:
            abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(CUT_SECONDS):
                    await gone.wait()


STREAM_HEADERS: Final[Headers] = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
