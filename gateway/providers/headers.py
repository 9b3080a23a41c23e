"""Which further headers a call to a provider may carry. Pure."""

import re
from collections.abc import Mapping
from typing import Final

HEADERS: Final = 10
VALUE_CHARACTERS: Final = 500
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,60}")
# What the console itself, the connection or the body decides.
_OURS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "user-agent",
        "x-api-key",
        "x-goog-api-key",
    }
)
_OUR_BEGINNINGS: Final = ("content-", "transfer-", "proxy-", "sec-", "x-forwarded-")


class HeaderRefused(ValueError):
    """The text says why, for whoever typed it in."""


def headers_checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with names in lower case. Raises HeaderRefused."""
    if len(headers) > HEADERS:
        raise HeaderRefused(f"A call carries at most {HEADERS} further headers.")
    return {name: _value(name, value) for name, value in ((name.lower(), value) for name, value in headers.items())}


def _value(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        raise HeaderRefused(f"“{name[:40]}” is no name of a header.")
    if name in _OURS or name.startswith(_OUR_BEGINNINGS):
        raise HeaderRefused(f"The header {name} is set by the console.")
    if not value or len(value) > VALUE_CHARACTERS or not value.isascii() or not value.isprintable():
        raise HeaderRefused(f"The value of {name} must be 1 to {VALUE_CHARACTERS} visible characters.")
    return value
