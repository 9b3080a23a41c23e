"""Limits the bodies sent to Django's part: its server writes a whole body to disk before any view is called."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from opencode.lib.asgi.answers import denial_answer, send_answer
from opencode.lib.asgi.bodies import Body
from opencode.lib.errors import BodyTooLarge, Denial
from opencode.lib.http import new_request_id

Scope = dict[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Above Django's own limit, which answers with words; this one protects the disk."""


class _Bounded:
    """Passes the body on until it is refused; then the client counts as gone, and `refusal` has the reason."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self.body = Body(receive)
        self._limit = limit
        self._left = limit
        self.refusal: Denial | None = None

    async def __call__(self) -> Message:
        try:
            message = await self.body()
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise BodyTooLarge(limit=self._limit)
        except Denial as denial:
            self.refusal = denial
            return {"type": "http.disconnect"}
        return message


def bounded(application: Application, limit: int = LARGEST_BYTES) -> Application:
    """`application`, which refuses bodies that are too large, too slow or too many, and closes their connection."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        body = _Bounded(receive, limit)
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced[:18]) > limit:
            body.refusal = BodyTooLarge(limit=limit)
        else:
            try:
                await application(scope, body, send)
            finally:
                body.body.release()
        if body.refusal is not None:
            request_id = new_request_id()
            await send_answer(send, denial_answer(body.refusal, request_id), request_id)

    return guarded
