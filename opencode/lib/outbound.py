"""Requests to addresses that people type in: they reach public addresses only, whatever a name resolves to.

What is checked is the address that is connected to, so that a name cannot resolve to another one in between. Redirects
are not followed, and no proxy of the environment is used.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

URL_CHARACTERS: Final = 500
CONNECT_SECONDS: Final = 5
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundRefused(Exception):
    """The address is not one that the console sends to; the text says why, for whoever typed it in."""


def checked_url(url: str) -> SplitResult:
    """The parts of an address the console may send to. Raises OutboundRefused.

    It is https, or also http while the setting OUTBOUND_PRIVATE is on; without a user name, password or fragment.
    """
    schemes = {"https", "http"} if settings.OUTBOUND_PRIVATE else {"https"}
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise OutboundRefused("This is not an address.") from error
    if len(url) > URL_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise OutboundRefused(f"An address has at most {URL_CHARACTERS} characters, none of them a space.")
    if parts.scheme not in schemes:
        raise OutboundRefused("The address must begin with https://.")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise OutboundRefused("The address must name a host, and neither a user nor a fragment.")
    with suppress(ValueError):
        if not is_reachable(ipaddress.ip_address(host)):
            raise OutboundRefused("The address is private; the console sends to public ones only.")
    return parts


def is_reachable(address: Address) -> bool:
    """Whether the console may connect there: public addresses, by the setting OUTBOUND_PRIVATE all others too.

    An IPv6 address that stands for an IPv4 one counts as that one.
    """
    if settings.OUTBOUND_PRIVATE:
        return True
    inner = _embedded(address)
    if inner is not None:
        return is_reachable(inner)
    return address.is_global and not address.is_multicast


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
    """POST the body and return the status; the answer's body is not read. The whole takes `seconds` at most.

    Raises OutboundRefused, OSError, http.client.HTTPException, TimeoutError.
    """
    return _exchange("POST", url, body, headers, seconds, 0)[0]


def get(url: str, headers: Mapping[str, str], *, seconds: float, at_most: int) -> tuple[int, bytes]:
    """The status and up to `at_most` bytes of the body. The whole takes `seconds` at most. Raises as `post` does."""
    return _exchange("GET", url, None, headers, seconds, at_most)


def _exchange(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], seconds: float, at_most: int
) -> tuple[int, bytes]:
    parts = checked_url(url)
    connection = _connection(parts)
    was_late = threading.Event()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.connect()
        # Between bytes there may be CONNECT_SECONDS, so that one that sends a byte now and then would take for ever.
        timer = threading.Timer(seconds, _give_up, (connection.sock, was_late))
        timer.start()
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read(at_most)
            if was_late.is_set():
                # A socket that is shut down in the middle of a body without a length reads as its end.
                raise OSError("shut down")
            return answer.status, content
        finally:
            timer.cancel()
    except (OSError, http.client.HTTPException) as error:
        if was_late.is_set():
            raise TimeoutError(f"no answer within {seconds:g} s") from error
        raise
    finally:
        connection.close()


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4, Teredo or NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return _HTTPSConnection(host, parts.port or 443, timeout=CONNECT_SECONDS)
    return _HTTPConnection(host, parts.port or 80, timeout=CONNECT_SECONDS)


def _connected(host: str, port: int) -> socket.socket:
    """A socket to the name's first address that may be connected to and answers. Raises OutboundRefused, OSError."""
    failure: Exception = OutboundRefused("The name leads to a private address; the console sends to public ones only.")
    for family, kind, protocol, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not is_reachable(ipaddress.ip_address(where[0])):
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(CONNECT_SECONDS)
            sock.connect(where)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


class _HTTPConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = _connected(self.host, self.port)


class _HTTPSConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        sock = _connected(self.host, self.port)
        try:
            self.sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
        except Exception:
            sock.close()
            raise


def _give_up(sock: socket.socket, was_late: threading.Event) -> None:
    was_late.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
