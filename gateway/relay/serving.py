"""One call from its credential to its end, in the order in which a call can be refused."""

import asyncio
import hashlib
import time
from dataclasses import dataclass, replace
from typing import Final

from django.conf import settings

from gateway.errors import FormUnserved
from gateway.relay.caller import Caller, caller_of, credential_of
from gateway.relay.calls import Call
from gateway.relay.costing import Basis
from gateway.relay.counting import count_relay
from gateway.relay.listing import models_answer
from gateway.relay.outgoing import Outgoing
from gateway.relay.quoting import quote_of
from gateway.relay.relaying import call_relay
from gateway.relay.reserving import call_reserve
from gateway.relay.runtime import GatewayRuntime
from gateway.relay.upstream import PASSED_HEADERS
from gateway.selectors.routing import Route, aroute_for
from gateway.wire.asking.ask import Ask
from gateway.wire.asking.reading import ask_read
from gateway.wire.paths import Act, Target
from opencode.lib.asgi.exchange import Exchange, Receive
from opencode.lib.clock import utc_now

SESSION_HEADERS: Final = (b"x-session-id", b"x-session-affinity", b"x-opencode-session")
SESSION_CHARACTERS: Final = 64


@dataclass(slots=True)
class Served:
    """What the log says of a call."""

    model: str = ""
    end: str = ""
    code: str = ""
    attempts: int = 0
    is_estimated: bool = False
    first_byte_ms: float | None = None
    call: Call | None = None


async def call_serve(
    runtime: GatewayRuntime, exchange: Exchange, target: Target, out: Outgoing, receive: Receive, served: Served
) -> None:
    """Serve one call. Raises a Denial while nothing was sent, ClientGone when the body never came."""
    caller = await _caller(runtime, exchange, target, out.call_id)
    exchange.trust()
    runtime.rates.count(caller.id)
    if target.act == Act.LIST:
        await out.answer(200, await models_answer(caller), [(b"content-type", b"application/json")])
        return
    with runtime.places.taken(caller.id), runtime.held.held(exchange.header(b"content-length")):
        body = await exchange.body(settings.GATEWAY_BODY_BYTES)
        ask = ask_read(target, body)
        served.model = ask.model
        route = await _route(caller, ask)
        if target.act == Act.COUNT:
            await count_relay(runtime, ask, route, _passed(exchange), out)
            return
        call = await call_reserved(runtime, exchange, caller, ask, route, body, out)
        await call_run(runtime, call, exchange, receive, served)


async def _caller(runtime: GatewayRuntime, exchange: Exchange, target: Target, call_id: str) -> Caller:
    """Raises what `credential_of` and `caller_of` do."""
    token, workspace_id = credential_of(exchange), target.workspace_id
    ip, agent = exchange.client_address, exchange.header(b"user-agent")
    return await runtime.callers.find(
        token, workspace_id, lambda: runtime.read(caller_of, token, workspace_id, ip, agent, call_id)
    )


async def _route(caller: Caller, ask: Ask) -> Route:
    """The route with those candidates that take the call's form. Raises FormUnserved, and what `aroute_for` raises."""
    route = await aroute_for(
        workspace_id=caller.workspace_id,
        member_id=caller.member_id,
        key_id=caller.key_id,
        role=caller.role,
        model_slug=ask.model,
    )
    candidates = tuple(each for each in route.candidates if ask.form in each.forms)
    if not candidates:
        raise FormUnserved
    return replace(route, candidates=candidates)


async def call_reserved(
    runtime: GatewayRuntime, exchange: Exchange, caller: Caller, ask: Ask, route: Route, body: bytes, out: Outgoing
) -> Call:
    """The call, with its ceiling reserved."""
    session_id, digest = _session(exchange), hashlib.sha256(body).hexdigest()
    runtime.repeats.check(session_id, digest)
    runtime.settling.begin()
    book = await runtime.book()
    quote = quote_of(ask, route, len(body), book, utc_now())
    reserved = await call_reserve(
        call_id=out.call_id,
        fingerprint=digest,
        caller=caller,
        session_id=session_id,
        route=route,
        quote=quote,
        lowers=route.lowers_cap,
    )
    basis = Basis(ask.form, route.model.price_name, route.model.context_window, reserved.ceiling, book)
    return Call(
        id=out.call_id,
        caller=caller,
        session_id=session_id,
        digest=digest,
        ask=ask,
        route=route,
        quote=quote,
        reserved=reserved,
        basis=basis,
        out=out,
        passed=_passed(exchange),
    )


async def call_run(runtime: GatewayRuntime, call: Call, exchange: Exchange, receive: Receive, served: Served) -> None:
    """Relay a reserved call to its end, which `served` then says. Raises a Denial while nothing was sent."""
    served.call = call
    started = time.monotonic()
    runtime.running.add(call)
    watching = asyncio.ensure_future(_watch(receive, call))
    try:
        served.end = await call_relay(runtime, call)
    finally:
        served.attempts, served.is_estimated = call.attempts, call.is_estimated
        if call.first_byte_at:
            served.first_byte_ms = round((call.first_byte_at - started) * 1000, 1)
        if call.out.is_started and not call.out.is_complete:
            abort = (exchange.scope.get("extensions") or {}).get("opencode.cut")
            await call.out.cut(abort, call.gone)
        watching.cancel()
        runtime.running.discard(call)


async def _watch(receive: Receive, call: Call) -> None:
    """Wait for the client to leave: sending to one that has left raises nothing."""
    while (await receive())["type"] != "http.disconnect":
        pass
    call.client_left()


def _session(exchange: Exchange) -> str:
    found = next((value for name in SESSION_HEADERS if (value := exchange.header(name))), "")
    return found if len(found) <= SESSION_CHARACTERS and found.isascii() and found.isprintable() else ""


def _passed(exchange: Exchange) -> dict[str, str]:
    found = {name: exchange.header(name.encode()) for name in PASSED_HEADERS}
    return {name: value for name, value in found.items() if value}
