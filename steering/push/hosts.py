"""The push services that the console calls: those of browsers that people have, and no other address."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from opencode.lib.outbound import OutboundRefused, checked_url


class PushRefused(ValueError):
    """The address is none of a push service that the console calls."""


def push_address(url: str, hosts: Iterable[str]) -> str:
    """The address, if its host is one of `hosts` or, where that begins with a dot, below it. Raises PushRefused."""
    try:
        host = (checked_url(url).hostname or "").lower()
    except OutboundRefused as refused:
        raise PushRefused(str(refused)) from None
    if not any(host == each or (each.startswith(".") and host.endswith(each)) for each in hosts):
        raise PushRefused(f"{urlsplit(url).hostname} is no push service that this console calls.")
    return url
