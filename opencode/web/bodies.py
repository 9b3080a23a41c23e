"""How much Django's part may be sent: its server reads a whole body to disk before any view is asked."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from opencode.lib.asgi.answers import denial_answer, send_answer
from opencode.lib.errors import BodyTooLarge
from opencode.lib.http import new_request_id

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Above what Django itself refuses with words; this is for what would fill the disk first."""


class _Bounded:
    """Passes the body on until there is more than `limit` bytes; then the client counts as gone."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self.is_exceeded = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        self.is_exceeded = True
        return {"type": "http.disconnect"}


def bounded(application: Application, limit: int = LARGEST_BYTES) -> Application:
    """`application`, with 413 and a closed connection for requests that are larger."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        body = _Bounded(receive, limit)
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced[:18]) > limit:
            body.is_exceeded = True
        else:
            await application(scope, body, send)
        if body.is_exceeded:
            request_id = new_request_id()
            await send_answer(send, denial_answer(BodyTooLarge(limit=limit), request_id), request_id)

    return guarded
