"""Reserves the ceiling of a call before it is sent; where that does not fit, the ceiling of one with less output."""

from dataclasses import replace
from typing import NamedTuple

from billing.errors import BalanceInsufficient, LimitReached
from billing.services.reservations import Wanted, areserve
from gateway.errors import CallCeilingExceeded
from gateway.relay.caller import Caller
from gateway.relay.quoting import Quote
from gateway.selectors.routing import Route
from opencode.lib.errors import Denial


class Reserved(NamedTuple):
    """`ceiling` is what is held, in micro-cents; `cap` the output cap that goes with it."""

    ceiling: int
    cap: int


async def call_reserve(
    *, call_id: str, fingerprint: str, caller: Caller, session_id: str, route: Route, quote: Quote, lowers: bool
) -> Reserved:
    """Raises the refusals of `areserve`, CallCeilingExceeded. With `lowers` a lower cap is tried before refusing."""
    reserved = _within_policy(route, quote, lowers)
    wanted = Wanted(
        request_id=call_id,
        fingerprint=fingerprint,
        ceiling=reserved.ceiling,
        model=route.model.price_name,
        member_id=caller.member_id,
        key_id=caller.key_id,
        session_id=session_id,
        price_version_id=quote.version,
        may_host_pay=any(candidate.payer == "host" for candidate in route.candidates),
    )
    try:
        await areserve(workspace_id=caller.workspace_id, wanted=wanted)
    except (BalanceInsufficient, LimitReached) as refusal:
        cap = quote.cap_within(min(_room(refusal), reserved.ceiling)) if lowers else None
        if cap is None:
            raise
        reserved = Reserved(quote.ceiling(cap), cap)
        await areserve(workspace_id=caller.workspace_id, wanted=replace(wanted, ceiling=reserved.ceiling))
    return reserved


def _within_policy(route: Route, quote: Quote, lowers: bool) -> Reserved:
    """The ceiling within what a single call to the model may cost."""
    ceiling = quote.ceiling()
    if route.call_ceiling is None or ceiling <= route.call_ceiling:
        return Reserved(ceiling, quote.cap)
    cap = quote.cap_within(route.call_ceiling) if lowers else None
    if cap is None:
        raise CallCeilingExceeded(limit=route.call_ceiling)
    return Reserved(quote.ceiling(cap), cap)


def _room(refusal: Denial) -> int:
    """How much would have fitted."""
    extra = refusal.extra
    total = extra.get("limit", extra.get("balance", 0))
    return max(0, int(total) - int(extra.get("used") or 0) - int(extra.get("held") or 0))
