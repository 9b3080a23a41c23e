"""For Django views: answers under the denial contract, request ids, and client addresses."""

import ipaddress
import random
import time
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from ulid import ULID

from opencode.lib.actor import PERSON, Actor
from opencode.lib.errors import Denial

REQUEST_ID_HEADER: Final = "X-Request-Id"
FORWARDING: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""Headers in which a proxy names the client it forwards for."""
# Request ids are no secrets; the system's randomness would switch threads, hundreds of times a second.
_random = random.Random()  # noqa: S311


def new_request_id() -> str:
    milliseconds = time.time_ns() // 1_000_000
    return f"req_{ULID.from_bytes(milliseconds.to_bytes(6, 'big') + _random.randbytes(10))}"


def request_id_of(request: HttpRequest) -> str:
    """The id that the middleware gave this request, or a new one when no middleware ran."""
    return getattr(request, "request_id", "") or new_request_id()


def denial_response(denial: Denial, request_id: str) -> JsonResponse:
    response = JsonResponse(denial.body(request_id), status=denial.status)
    response[REQUEST_ID_HEADER] = request_id
    response["Cache-Control"] = "no-store"
    if denial.retry_after is not None:
        response["Retry-After"] = str(denial.retry_after)
    return response


def bearer_of(request: HttpRequest) -> str:
    """The token of `Authorization: Bearer …`; empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def client_ip(request: HttpRequest) -> str | None:
    """The client's address, as the trusted proxies report it."""
    return request.META.get("REMOTE_ADDR") or None


def person_of(request: HttpRequest, person_id: str = "") -> Actor:
    """The person signed in; `person_id` names one who proved their identity otherwise, as by a link from a mail."""
    return Actor(PERSON, person_id or str(request.user.pk), client_ip(request), request_id_of(request))


def rate_address(address: str | None) -> str:
    """The key of limits by address: an IPv6 network of 64 bits, which belongs to one customer, or the IPv4 address."""
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_trusted_proxy(address: str) -> bool:
    """Whether the address is one of our proxies, which forwards for many people."""
    return _is_among(address, tuple(settings.TRUSTED_PROXIES))


@lru_cache(maxsize=4096)
def _is_among(address: str, networks: tuple[str, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
        return any(ip in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return address in networks
