"""Listening sockets, bound before anything is started that would serve them."""

import socket
from typing import Final

LISTEN_BACKLOG: Final = 4096


class AddressUnavailable(Exception):
    """The address cannot be listened on; the message says why, in words for a person."""


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind `host:port`, so that a taken port shows before anything else is started. Raises AddressUnavailable."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(LISTEN_BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressUnavailable(f"Cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listener
