"""The ASGI application of the agents' routes: no cookies, no redirects, JSON whatever the Content-Type says.

It is served beside Django's handler because these are the hot routes; it shares the services, denials and logs.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from opencode.lib.asgi.answers import Answer, denial_answer, send_answer
from opencode.lib.asgi.exchange import ClientGone, Exchange, Receive, Scope, Send
from opencode.lib.errors import Denial, InternalError, MethodNotAllowed, NotFound
from sync.agents.newer import shares as newer
from sync.agents.older import shares as older
from sync.agents.older.poll import poll
from sync.agents.paths import METHODS, Route, route_of

log = structlog.get_logger(__name__)
SLOW_SECONDS: Final = 1.0
Handler = Callable[[Exchange, Route], Awaitable[Answer]]
_HANDLERS: Final[dict[str, Handler]] = {
    "create": newer.create,
    "sync": newer.sync,
    "share": newer.unshare,
    "data": newer.data,
    "share_create": older.share_create,
    "share_sync": older.share_sync,
    "share_delete": older.share_delete,
    "share_delete_admin": older.share_delete_admin,
    "share_data": older.share_data,
    "share_poll": older.share_poll,
}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request or socket; the client is answered even when the handler fails."""
    with Exchange(scope, receive) as exchange:
        await _serve(exchange, receive, send)


async def _serve(exchange: Exchange, receive: Receive, send: Send) -> None:
    started = time.monotonic()
    request_id = exchange.request_id
    if exchange.scope["type"] == "websocket":
        status = await poll(exchange, receive, send, request_id)
        _log(exchange, request_id, started, status)
        return
    try:
        answer = await _answer(exchange, request_id)
    except ClientGone:
        _log(exchange, request_id, started, 499)
        return
    await send_answer(send, answer, request_id, with_body=exchange.method != "HEAD")
    _log(exchange, request_id, started, answer.status)


async def _answer(exchange: Exchange, request_id: str) -> Answer:
    try:
        return await _dispatch(exchange)
    except Denial as denial:
        return denial_answer(denial, request_id)
    except ClientGone:
        raise
    except Exception:
        log.exception("agent_request_failed", request_id=request_id)
        return denial_answer(InternalError(), request_id)


async def _dispatch(exchange: Exchange) -> Answer:
    route = route_of(exchange.scope["path"])
    if route is None:
        raise NotFound
    methods = METHODS[route.name]
    if exchange.method == "OPTIONS":
        return Answer(204, b"", ((b"allow", ", ".join([*methods, "OPTIONS"]).encode()),))
    if exchange.method not in methods:
        raise MethodNotAllowed(f"This address takes {' and '.join(methods)}.")
    return await _HANDLERS[route.name](exchange, route)


def _log(exchange: Exchange, request_id: str, started: float, status: int) -> None:
    """Log one line a request. Successful syncs, hundreds a second, are logged at level DEBUG."""
    seconds = time.monotonic() - started
    is_routine = status == 200 and exchange.method == "POST" and seconds < SLOW_SECONDS and _is_sync(exchange)
    level = logging.DEBUG if is_routine else logging.INFO
    log.log(
        level,
        "agent_request",
        method=exchange.method,
        path=exchange.scope["path"],
        status=status,
        request_id=request_id,
        ms=round(seconds * 1000, 1),
    )


def _is_sync(exchange: Exchange) -> bool:
    return str(exchange.scope["path"]).rstrip("/").endswith(("/sync", "/share_sync"))
