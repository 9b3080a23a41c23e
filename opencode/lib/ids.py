"""Identifiers: a short prefix that names the noun, then a ULID, so that ids sort by creation time."""

import secrets
from typing import Final

from ulid import ULID

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_id(prefix: str) -> str:
    """`prefix_` + 26 characters, e.g. `wrk_01JD…`; sorts by creation time."""
    return f"{prefix}_{ULID()}"


def random_base62(bits: int) -> str:
    """A random string of the least length that holds `bits` bits, in `[0-9A-Za-z]`."""
    length = -(-bits * 1000 // 5954)  # log2(62) = 5.954…
    return "".join(secrets.choice(BASE62) for _ in range(length))
