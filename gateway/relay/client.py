"""The client for providers: one pool of connections for a process, to addresses that the host allows, no redirects."""

import asyncio
import ipaddress
import socket
from typing import Any, Final

import aiohttp
from django.conf import settings

from opencode.lib.outbound import is_reachable

CONNECT_SECONDS: Final = 5
IDLE_SECONDS: Final = 50
READ_BYTES: Final = 64 * 1024


class AddressRefused(OSError):
    """A name that leads to an address which the console does not connect to."""


def client_session() -> aiohttp.ClientSession:
    """Make it inside the event loop it is for. Bodies come as they were sent; cookies and proxies are not used."""
    connector = aiohttp.TCPConnector(
        limit=0,
        ttl_dns_cache=30,
        keepalive_timeout=IDLE_SECONDS,
        socket_factory=_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        read_bufsize=READ_BYTES,
        skip_auto_headers={"user-agent", "accept", "accept-encoding"},
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=settings.GATEWAY_SILENT_SECONDS
        ),
    )


def _socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that a name had; checked here, because this very address is connected to."""
    family, kind, protocol, _, where = address
    if not is_reachable(ipaddress.ip_address(str(where[0]).partition("%")[0])):
        raise AddressRefused("the address is not public")
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


async def session_close(session: aiohttp.ClientSession) -> None:
    await session.close()
    # Its transports are closed in the loop's next turn.
    await asyncio.sleep(0)
