"""The links agents are given: always `<origin>/share/<id>`, the only form `opencode import` reads back."""

import re
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from opencode.lib.asgi.exchange import Exchange
from opencode.lib.http import FORWARDING, is_loopback

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)


def share_url(exchange: Exchange, share_id: str) -> str:
    return f"{_origin(exchange)}/share/{share_id}"


def is_local(exchange: Exchange) -> bool:
    """Whether the request can only come from an agent on this machine.

    The server listens on loopback, no proxy publishes it under another name or forwards the request for another client,
    and the Host is one of ours: a page in this machine's browser can point any name at loopback (DNS rebinding), but
    its requests then carry that name as the Host.
    """
    is_forwarded = any(exchange.header(name.lower().encode()) for name in FORWARDING)
    return (
        settings.LISTENS_ON_LOOPBACK
        and _is_private()
        and not is_forwarded
        and is_loopback(exchange.client_address)
        and validate_host(_host_name(exchange), settings.ALLOWED_HOSTS)
    )


def _origin(exchange: Exchange) -> str:
    # On loopback the port may differ from the configured one (a changed PORT, a tunnel): the agent's own view is right.
    if _is_private() and _host_name(exchange) in LOOPBACK_HOSTS:
        return f"{exchange.scope.get('scheme', 'http')}://{exchange.header(b'host').lower()}"
    return str(settings.PUBLIC_URL)


def _is_private() -> bool:
    return urlsplit(settings.PUBLIC_URL).hostname in {host.strip("[]") for host in LOOPBACK_HOSTS}


def _host_name(exchange: Exchange) -> str:
    found = _HOST.fullmatch(exchange.header(b"host"))
    return found[1].lower() if found else ""
