"""Reads counts from a provider's JSON: integers within limits, or the body is quarantined."""

from collections.abc import Mapping
from typing import Final

from billing.pricing.quarantine import Code, Quarantined

COUNT_MAX: Final = 100_000_000
"""No single request is larger; a larger count is a session's total sent as one request."""

Body = Mapping[str, object]


def count(body: Body, name: str, *, is_required: bool = False) -> int:
    """The count `name`; absent and null are 0 unless it is required. Raises Quarantined."""
    value = body.get(name)
    if value is None:
        if is_required:
            raise Quarantined(Code.COUNT_MISSING, name)
        return 0
    if type(value) is not int:
        raise Quarantined(Code.COUNT_NOT_INTEGER, name)
    if value < 0:
        raise Quarantined(Code.COUNT_NEGATIVE, name)
    if value > COUNT_MAX:
        raise Quarantined(Code.COUNT_TOO_LARGE, name)
    return value


def section(body: Body, name: str) -> Body:
    """The object `name`; absent and null are an empty one. Raises Quarantined."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Quarantined(Code.BODY_MALFORMED, name)
    return value


def entries(body: Body, name: str, *, at_most: int) -> list[Body]:
    """The list of objects `name`; absent and null are an empty one. Raises Quarantined."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > at_most or not all(isinstance(entry, Mapping) for entry in value):
        raise Quarantined(Code.BODY_MALFORMED, name)
    return value


def word(body: Body, name: str) -> str:
    """A short text, empty when the field is absent or no text."""
    value = body.get(name)
    return value if isinstance(value, str) and len(value) <= 64 else ""


def check_total(body: Body, name: str, parts: int) -> None:
    """Raises Quarantined when the provider reports a total that is not the sum of its parts."""
    if body.get(name) is not None and count(body, name) != parts:
        raise Quarantined(Code.TOTAL_DISAGREES, name)
