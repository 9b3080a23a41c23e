"""How many requests a caller and an address may make in a minute."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from opencode.lib.errors import TooManyRequests
from opencode.lib.http import client_ip, is_trusted_proxy, rate_address
from opencode.lib.ratelimits import RateState, rate_count
from workspaces.calls.callers import Caller

SECONDS: Final = 60


def count_caller(request: HttpRequest, caller: Caller) -> Caller:
    """Count one more request of the caller, and return the caller; raises TooManyRequests."""
    _count(request, "caller", caller.id, settings.API_CALLER_REQUESTS_PER_MINUTE)
    return caller


def count_address(request: HttpRequest) -> None:
    """Count one more request from the client's address, before authentication; raises TooManyRequests.

    Trusted proxies are not counted.
    """
    address = client_ip(request)
    if address and not is_trusted_proxy(address):
        _count(request, "address", rate_address(address), settings.API_ADDRESS_REQUESTS_PER_MINUTE)


def count_reports(request: HttpRequest, limit: int) -> None:
    """Count one more leak report from the request's address, our proxies included; raises TooManyRequests."""
    _count(request, "reports", rate_address(client_ip(request)), limit)


def set_rate_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the headers `RateLimit-Policy` and `RateLimit` of the IETF draft, from what was counted last."""
    told: tuple[str, RateState] | None = getattr(request, "rate", None)
    if told is not None:
        of, state = told
        response["RateLimit-Policy"] = f'"{of}";q={state.limit};w={SECONDS}'
        response["RateLimit"] = f'"{of}";r={state.remaining};t={state.reset_seconds}'


def _count(request: HttpRequest, of: str, name: str, limit: int) -> None:
    state = rate_count(f"api-{of}", name, limit=limit, seconds=SECONDS)
    request.rate = (of, state)  # type: ignore[attr-defined]
    if state.is_exceeded:
        raise TooManyRequests(
            retry_after=state.reset_seconds,
            of=of,
            limit=limit,
            used=limit,
            resets_at=state.resets_at.isoformat().replace("+00:00", "Z"),
        )
