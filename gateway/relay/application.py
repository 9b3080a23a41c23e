"""The ASGI application of `/gw/<workspace id>/v1/…`, beside Django's handler."""

import asyncio
import time
from typing import Final

import structlog
from django.db import Error

from billing.errors import LedgerUnavailable
from gateway.relay.ids import new_call_id
from gateway.relay.noting import call_noted
from gateway.relay.outgoing import Outgoing
from gateway.relay.runtime import gateway_runtime
from gateway.relay.serving import Served, call_serve
from gateway.wire.paths import form_of, target_of
from opencode.lib.asgi.exchange import ClientGone, Exchange, Receive, Scope, Send
from opencode.lib.errors import Denial, InternalError, MethodNotAllowed, NotFound

log = structlog.get_logger(__name__)
CLIENT_GONE: Final = 499


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one call; the client is answered, or sees that its stream was cut, whatever happens."""
    started = time.monotonic()
    out = Outgoing(send, new_call_id())
    served = Served()
    with Exchange(scope, receive) as exchange:
        try:
            await _serve(exchange, receive, out, served)
        except ClientGone:
            served.end, out.status = "client_left", CLIENT_GONE
    _log(exchange, out, served, started)
    if served.call is not None:
        call_noted(served.call, served, out.status, time.monotonic() - started)


async def _serve(exchange: Exchange, receive: Receive, out: Outgoing, served: Served) -> None:
    path = exchange.scope["path"]
    try:
        target = target_of(path)
        if target is None:
            raise NotFound
        if exchange.method != target.method:
            raise MethodNotAllowed(f"This address takes {target.method}.")
        await call_serve(gateway_runtime(), exchange, target, out, receive, served)
    except Denial as denial:
        await _deny(exchange, out, denial, served)
    except (ClientGone, asyncio.CancelledError):
        raise
    except Error:
        log.exception("database_unreachable", request_id=out.call_id)
        await _deny(exchange, out, LedgerUnavailable(retry_after=1), served)
    except Exception:
        log.exception("model_call_failed", request_id=out.call_id)
        await _deny(exchange, out, InternalError(), served)


async def _deny(exchange: Exchange, out: Outgoing, denial: Denial, served: Served) -> None:
    served.code = denial.code
    if not out.is_started:
        await out.deny(form_of(exchange.scope["path"]), denial)


def _log(exchange: Exchange, out: Outgoing, served: Served, started: float) -> None:
    log.info(
        "model_call",
        path=exchange.scope["path"],
        status=out.status,
        request_id=out.call_id,
        model=served.model,
        end=served.end,
        code=served.code,
        attempts=served.attempts,
        estimated=served.is_estimated,
        first_byte_ms=served.first_byte_ms,
        ms=round((time.monotonic() - started) * 1000, 1),
    )
