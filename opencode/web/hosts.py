"""Checks the Host of requests beside Django's part too: any name can be made to resolve to this server."""

from collections.abc import Iterable

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from opencode.lib.asgi.answers import denial_answer, send_answer
from opencode.lib.asgi.exchange import Receive, Scope, Send
from opencode.lib.errors import HostUnknown
from opencode.lib.http import new_request_id


def is_own_host(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the Host header is one of OPENCODE_ALLOWED_HOSTS, as Django requires for its pages.

    A request without one passes: browsers always send it, so no page under another name can have led here.
    """
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), None)
    if host is None:
        return True
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


async def refuse_host(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the denial as an HTTP response, in place of a socket too."""
    is_socket = scope["type"] == "websocket"
    if is_socket:
        await receive()
    if is_socket and "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    request_id = new_request_id()
    kind = "websocket.http.response" if is_socket else "http.response"
    await send_answer(send, denial_answer(HostUnknown(), request_id), request_id, kind=kind)
