"""One HTTP exchange over ASGI: the request's parts, its bounded body, and the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
BODY_BYTES: Final = 128 * 1024
# As long as a client of an answer that never comes is kept waiting, unless it hangs up first.
LOST_SECONDS: Final = 120.0
FORM_FIELDS: Final = 100


class BodyTooLarge(Exception):
    """The request's body is longer than BODY_BYTES."""


@dataclass
class Exchange:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str = ""
    form: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def arguments(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True, max_num_fields=FORM_FIELDS))


async def exchange_read(scope: Scope, receive: Receive) -> Exchange:
    """Read a request. Raises BodyTooLarge; ValueError when its text is not UTF-8."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES:
            raise BodyTooLarge
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    text = body.decode()
    query = scope["query_string"].decode("latin-1")
    return Exchange(scope["method"], scope["path"], query, headers, text)


def form_of(exchange: Exchange) -> dict[str, str]:
    """The fields of a page's form."""
    return dict(parse_qsl(exchange.body, keep_blank_values=True, max_num_fields=FORM_FIELDS))


async def send_answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def never_answer(receive: Receive) -> None:
    """Hold the connection without an answer until the client gives up."""

    async def hung_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(hung_up(), LOST_SECONDS)
    except TimeoutError:
        return
