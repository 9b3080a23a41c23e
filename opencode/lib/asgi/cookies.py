"""Keeps cookies cheap to parse: Python's parser takes quadratic time in the backslashes of a quoted value."""

from collections.abc import Iterable
from typing import Final

Headers = Iterable[tuple[bytes, bytes]]

ESCAPED_BYTES: Final = 2200
"""A cookie of backslashes of this size takes some 10 ms; our largest, with a page's messages, fits."""


def plain_cookies(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers with only the first of the cookies that have backslashes, and that only when it is small."""
    kept = []
    has_escaped = False
    for name, value in headers:
        if name != b"cookie" or b"\\" not in value:
            kept.append((name, value))
            continue
        pairs = []
        for pair in value.split(b";"):
            is_escaped = b"\\" in pair
            if not is_escaped or (not has_escaped and len(pair) <= ESCAPED_BYTES):
                pairs.append(pair)
            has_escaped = has_escaped or is_escaped
        kept.append((name, b";".join(pairs)))
    return kept
