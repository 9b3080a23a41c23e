"""Who asks: a request over HTTP shows the same credentials as a socket's handshake."""

from dataclasses import replace

from opencode.lib.asgi.exchange import Exchange
from sync.live import SessionRequest, session_request


def reading_request(exchange: Exchange, target: str) -> SessionRequest:
    """For reads. Browsers name no Origin when a page reads from its own site; they say `Sec-Fetch-Site` then."""
    return replace(_request(exchange, target), fetch_site=exchange.header(b"sec-fetch-site"))


def writing_request(exchange: Exchange, target: str) -> SessionRequest:
    """For writes, where a cookie counts for nothing."""
    return replace(_request(exchange, target), session_cookie="")


def ticket_request(exchange: Exchange, target: str) -> SessionRequest:
    """For a ticket: as at a socket's handshake, a cookie together with the page's Origin."""
    return _request(exchange, target)


def _request(exchange: Exchange, target: str) -> SessionRequest:
    return session_request({**exchange.scope, "url_route": {"kwargs": {"target": target}}})
