"""Reading the agent's JSON so that one bad string never loses a batch.

Well-formed text is kept as it came. What a strict parser refuses but a lenient one understands (lone surrogates, NaN,
huge numbers, control characters, bytes that are not UTF-8) is repaired and encoded again.
"""

import json
import math
from typing import Any, Final, NamedTuple

import msgspec

DEPTH_LIMIT: Final = 200
INTEGER_DIGITS: Final = 300


class Unreadable(ValueError):
    """Not JSON even for a lenient parser, or nested deeper than DEPTH_LIMIT."""


class Decoded(NamedTuple):
    """A JSON value and a well-formed text for it."""

    value: Any
    text: str


def decode(raw: bytes | bytearray | memoryview | msgspec.Raw) -> Decoded:
    """The value in `raw` with its text, repaired where needed; raises Unreadable."""
    source = bytes(raw)
    try:
        decoded = Decoded(msgspec.json.decode(source), source.decode())
    except RecursionError:
        raise Unreadable("nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        decoded = _repaired(source)
    if source.count(b"[") + source.count(b"{") > DEPTH_LIMIT and _is_too_deep(decoded.value):
        raise Unreadable("nested too deep")
    return decoded


def read(text: str) -> Any:
    """The value of a stored text; None when it is not JSON even for a lenient parser."""
    try:
        return decode(text.encode("utf-8", "replace")).value
    except Unreadable:
        return None


def encode(value: Any) -> str:
    """Compact JSON text of a decoded value."""
    return msgspec.json.encode(value).decode()


def _repaired(source: bytes) -> Decoded:
    text = source.decode("utf-8", "replace")
    try:
        value = json.loads(
            text, strict=False, parse_constant=lambda _: None, parse_int=_bounded_integer, parse_float=_finite
        )
        # By way of UTF-16 a lone surrogate becomes U+FFFD, and a pair written as two escapes becomes one character.
        written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        clean = written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return Decoded(msgspec.json.decode(clean), clean)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None


def _bounded_integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= INTEGER_DIGITS else None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _is_too_deep(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(DEPTH_LIMIT):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return [child for child in node.values() if isinstance(child, dict | list)]
    return [child for child in node if isinstance(child, dict | list)] if isinstance(node, list) else []
