"""Answers of the routes beside Django: JSON, or a denial under the shared contract."""

from typing import Final, NamedTuple

import msgspec
from django.conf import settings

from opencode.lib.asgi.exchange import Send
from opencode.lib.errors import BodiesFull, Denial

Headers = tuple[tuple[bytes, bytes], ...]
# Sent when the body was not read to its end: the rest of it must not be parsed as the next request.
_CLOSING_STATUSES: Final = frozenset({408, 413, 431})


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Headers = ()


EMPTY: Final = Answer(200, b"{}")


def json_answer(value: object) -> Answer:
    return Answer(200, msgspec.json.encode(value))


def denial_answer(denial: Denial, request_id: str) -> Answer:
    headers: list[tuple[bytes, bytes]] = []
    if denial.retry_after is not None:
        headers.append((b"retry-after", str(denial.retry_after).encode()))
    if denial.status in _CLOSING_STATUSES or isinstance(denial, BodiesFull):
        headers.append((b"connection", b"close"))
    if denial.status == 426:
        headers += [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]
    return Answer(denial.status, msgspec.json.encode(denial.body(request_id)), tuple(headers))


def transport_headers() -> list[tuple[bytes, bytes]]:
    """The TLS headers that Django's part sends, for these routes too. Browsers ignore them without TLS."""
    if not settings.SECURE_HSTS_SECONDS:
        return []
    subdomains = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    value = f"max-age={settings.SECURE_HSTS_SECONDS}{subdomains}"
    return [(b"strict-transport-security", value.encode())]


async def send_answer(
    send: Send, answer: Answer, request_id: str, *, with_body: bool = True, kind: str = "http.response"
) -> None:
    """Send the answer as an HTTP response, or as `websocket.http.response` in place of a socket."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request_id.encode()),
        *transport_headers(),
        *answer.headers,
    ]
    await send({"type": f"{kind}.start", "status": answer.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": answer.body if with_body else b""})
