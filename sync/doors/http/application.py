"""The ASGI application of `/sync/v1/…` over HTTP, beside Django's handler as the sockets are.

Credentials are those of the sockets. No answer carries a CORS header: pages of other sites read nothing here.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

import structlog

from opencode.lib.asgi.answers import Answer, denial_answer, send_answer
from opencode.lib.asgi.exchange import ClientGone, Exchange, Receive, Scope, Send
from opencode.lib.errors import Denial, InternalError, MethodNotAllowed, NotFound
from sync.doors.http.entries import pull, push
from sync.doors.http.events import stream_events
from sync.doors.http.tickets import issue_ticket
from sync.errors import UpgradeRequired

log = structlog.get_logger(__name__)
PREFIX: Final = "/sync/v1/"
Handler = Callable[[Exchange, str], Awaitable[Answer]]
EVENTS: Final = "events"


class Route(NamedTuple):
    """What an address means; `target` is the id of the session or share it names."""

    name: str
    target: str = ""


_HANDLERS: Final[Mapping[str, Mapping[str, Handler]]] = {
    "entries": {"GET": pull, "POST": push},
    "tickets": {"POST": issue_ticket},
}
METHODS: Final = {name: tuple(handlers) for name, handlers in _HANDLERS.items()} | {
    EVENTS: ("GET",),
    "session": ("GET",),
}


def is_sync_path(path: str) -> bool:
    return path.startswith(PREFIX)


def route_of(path: str) -> Route | None:
    match path.removeprefix(PREFIX).split("/"):
        case ["tickets"]:
            return Route("tickets")
        case ["sessions", target]:
            return Route("session", target)
        case ["sessions", target, "events" | "entries" as name]:
            return Route(name, target)
        case _:
            return None


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request; the client is answered even when the handler fails."""
    started = time.monotonic()
    with Exchange(scope, receive) as exchange:
        request_id = exchange.request_id
        try:
            status = await _serve(exchange, receive, send, request_id)
        except ClientGone:
            status = 499
    log.info(
        "sync_request",
        method=exchange.method,
        path=scope["path"],
        status=status,
        request_id=request_id,
        ms=round((time.monotonic() - started) * 1000, 1),
    )


async def _serve(exchange: Exchange, receive: Receive, send: Send, request_id: str) -> int:
    try:
        route = _route_for(exchange)
        if route.name == EVENTS and exchange.method == "GET":
            await stream_events(exchange, route.target, receive, send, request_id)
            return 200
        answer = await _answer(exchange, route)
    except Denial as denial:
        answer = denial_answer(denial, request_id)
    except ClientGone:
        raise
    except Exception:
        log.exception("sync_request_failed", request_id=request_id)
        answer = denial_answer(InternalError(), request_id)
    await send_answer(send, answer, request_id, with_body=exchange.method != "HEAD")
    return answer.status


def _route_for(exchange: Exchange) -> Route:
    route = route_of(exchange.scope["path"])
    if route is None:
        raise NotFound
    methods = METHODS[route.name]
    if exchange.method not in {*methods, "OPTIONS"}:
        raise MethodNotAllowed(f"This address takes {' and '.join(methods)}.")
    return route


async def _answer(exchange: Exchange, route: Route) -> Answer:
    if exchange.method == "OPTIONS":
        return Answer(204, b"", ((b"allow", ", ".join([*METHODS[route.name], "OPTIONS"]).encode()),))
    if route.name == "session":
        raise UpgradeRequired
    return await _HANDLERS[route.name][exchange.method](exchange, route.target)
