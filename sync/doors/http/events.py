"""`…/events`: a session as Server-Sent Events. One event a frame, named by its type, with the position as its id."""

import secrets
from collections.abc import Mapping
from typing import Any

from opencode.lib.asgi.answers import transport_headers
from opencode.lib.asgi.exchange import Exchange, Receive, Send
from opencode.lib.errors import InternalError
from sync.doors.http.asking import reading_request
from sync.live import (
    RESTART_SECONDS,
    Connection,
    Ending,
    Follower,
    Person,
    abort_of,
    follow_until_gone,
    get_runtime,
    refusal_of,
    resume_position,
    session_access,
)
from sync.protocol.closing import CloseCode
from sync.protocol.events import event_of
from sync.protocol.frames import bye_text, error_text
from sync.protocol.positions import Position


class EventTransport:
    """Sends frames as events of one answer. It is the last answer on its connection, so that this can be cut."""

    push = None

    def __init__(self, scope: Mapping[str, Any], send: Send) -> None:
        self._send = send
        self.abort = abort_of(scope)

    async def start(self, request_id: str) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-accel-buffering", b"no"),
            (b"x-request-id", request_id.encode()),
            *transport_headers(),
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(self, text: str, position: Position | None) -> None:
        await self._send({"type": "http.response.body", "body": event_of(text, position), "more_body": True})

    async def close(self, ending: Ending) -> None:
        await self.send(_last_words(ending.code), None)
        await self._send({"type": "http.response.body", "body": b""})


async def stream_events(exchange: Exchange, target: str, receive: Receive, send: Send, request_id: str) -> None:
    """Serve one reader until either side ends it. Raises a Denial only before anything was sent."""
    runtime = get_runtime()
    access = await session_access(reading_request(exchange, target))
    runtime.connections.require_room(access, exchange.client_address)
    await runtime.open_hub(access)
    transport = EventTransport(exchange.scope, send)
    since = Position.parse(exchange.header(b"last-event-id")) or resume_position(exchange.scope)
    person = Person(secrets.token_hex(6), access.name, access.client, {})
    follower = Follower(access, transport, since=since, person=person)
    # The limits are checked again: other sockets came while the session was opened.
    with runtime.connections.opened(Connection(access, follower.end, exchange.client_address)):
        await transport.start(request_id)
        await follow_until_gone(follower, receive)


def _last_words(code: CloseCode) -> str:
    """The last frame: `bye` when reconnecting helps, else the `error` that says why it does not."""
    if code is CloseCode.RESTART:
        return bye_text("restart", RESTART_SECONDS)
    if code is CloseCode.EPOCH_CHANGED:
        return bye_text("epoch_changed", 0)
    denial = refusal_of(code) or InternalError()
    return error_text(denial.code, denial.message)
