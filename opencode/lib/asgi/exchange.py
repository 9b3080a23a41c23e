"""One HTTP request for the routes beside Django: the scope, the body as it streams in, the client's address."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Self
from urllib.parse import parse_qs

from django.conf import settings

from opencode.lib.asgi.bodies import FREE_BYTES, Body
from opencode.lib.errors import BodyTooLarge
from opencode.lib.http import new_request_id

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# A client refused in the middle of its upload sees the answer only after it has sent the rest.
DRAIN_BYTES: Final = 64 * 1024 * 1024


class ClientGone(Exception):
    """The client closed before its body was complete: an answer could not be delivered."""


class Exchange:
    """A context manager: at its end, the body no longer counts towards the total for unknown senders."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method = str(scope.get("method", "GET"))
        self.request_id = new_request_id()
        self._body = Body(receive)
        self._headers: dict[bytes, bytes] = dict(scope["headers"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._body.release()

    def header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    def query(self, name: str) -> str:
        query = bytes(self.scope.get("query_string", b"")).decode("latin-1")
        return parse_qs(query).get(name, [""])[0]

    @property
    def client_address(self) -> str:
        """The client's address; behind one of our proxies, the address that the proxy reports."""
        client = self.scope.get("client")
        address = str(client[0]) if client else ""
        if address not in settings.TRUSTED_PROXIES:
            return address
        hops = [hop.strip() for hop in self.header(b"x-forwarded-for").split(",")]
        return next((hop for hop in reversed(hops) if hop and hop not in settings.TRUSTED_PROXIES), address)

    def trust(self) -> None:
        """The client has shown a secret: from here on its body does not count towards the total for unknown senders."""
        self._body.trust()

    async def body(self, limit: int | None = None, *, is_known: Callable[[bytes], bool] | None = None) -> bytes:
        """The whole body. Raises BodyTooLarge (after letting the client finish), BodyTimedOut, BodiesFull, ClientGone.

        `limit` is in bytes, SYNC_BODY_BYTES at most. `is_known` is called once, with the body's first bytes: whether
        they show a secret.
        """
        limit = min(settings.SYNC_BODY_BYTES, limit or settings.SYNC_BODY_BYTES)
        announced = self.header(b"content-length")
        if announced.isdecimal() and int(announced[:18]) > limit + DRAIN_BYTES:
            raise BodyTooLarge(limit=limit)
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await self._next()
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            if is_known is not None and not size and is_known(chunk[:FREE_BYTES]):
                self.trust()
            size += len(chunk)
            if size > limit:
                chunks.clear()
                if size > limit + DRAIN_BYTES:
                    break
            else:
                chunks.append(chunk)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _next(self) -> Message:
        message = await self._body()
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message
