"""Reads a WebSocket handshake: the credentials, the session, and the position to go on from."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http.cookie import parse_cookie

from sync.live.access import SessionRequest
from sync.live.tickets import TICKET_PROTOCOL
from sync.protocol.positions import Position


def session_request(scope: Mapping[str, Any]) -> SessionRequest:
    """The request in the ASGI scope of a socket below `/sync/v1/sessions/`."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    client = scope.get("client")
    return SessionRequest(
        target=scope["url_route"]["kwargs"]["target"],
        authorization=headers.get("authorization", ""),
        session_cookie=_cookie(headers.get("cookie", "")),
        origin=headers.get("origin", ""),
        host=headers.get("host", ""),
        ip=client[0] if client else None,
        workspace=query.get("workspace", [""])[0],
        org=headers.get("x-org-id", ""),
        user_agent=headers.get("user-agent", ""),
        client=query.get("client", [""])[0],
        ticket=_ticket(scope.get("subprotocols", ())),
    )


def resume_position(scope: Mapping[str, Any], seq: str = "seq") -> Position | None:
    """The position in `?epoch=…&seq=…`; None, which means the whole state, when one is missing or `seq` no number."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return Position.of_texts(query.get("epoch", [""])[0], query.get(seq, [""])[0])


def _ticket(subprotocols: Sequence[str]) -> str:
    offered = (name for name in subprotocols if name.startswith(TICKET_PROTOCOL))
    return next(offered, "").removeprefix(TICKET_PROTOCOL)


def _cookie(header: str) -> str:
    return parse_cookie(header).get(settings.SESSION_COOKIE_NAME, "")
