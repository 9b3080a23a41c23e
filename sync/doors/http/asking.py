"""The credentials of a request over HTTP: the same ones as in a socket's handshake."""

from dataclasses import replace

from opencode.lib.asgi.exchange import Exchange
from sync.live import SessionRequest, session_request


def reading_request(exchange: Exchange, target: str) -> SessionRequest:
    """The credentials of a read. When a page reads from its own site, browsers send `Sec-Fetch-Site`, not Origin."""
    return replace(_request(exchange, target), fetch_site=exchange.header(b"sec-fetch-site"))


def writing_request(exchange: Exchange, target: str) -> SessionRequest:
    """The credentials of a write, where cookies are ignored."""
    return replace(_request(exchange, target), session_cookie="")


def ticket_request(exchange: Exchange, target: str) -> SessionRequest:
    """The credentials for a ticket: as in a socket's handshake, a cookie needs the page's Origin beside it."""
    return _request(exchange, target)


def _request(exchange: Exchange, target: str) -> SessionRequest:
    return session_request({**exchange.scope, "url_route": {"kwargs": {"target": target}}})
