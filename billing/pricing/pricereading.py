"""Reads prices from JSON, strictly: whole micro-cents, every class stated; errors name the place of the fault."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from billing.pricing.classes import TOKEN_CLASSES
from billing.pricing.prices import BEGINNING, EVERY_DAY, Price, PriceWindow, Rates, Terms, Tier

PRICE_MAX: Final = 10**13
"""$100,000 for a million tokens; anything dearer is a mistake."""
TIERS_MAX: Final = 20
WINDOWS_MAX: Final = 50
UNITS_MAX: Final = 50
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class PricesInvalid(ValueError):
    """A price list that may not be loaded; the message says where and why."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")


def mapping_of(value: object, place: str, known: frozenset[str] | None = None) -> Mapping[str, object]:
    """An object; with `known`, it may have no other fields than these. Raises PricesInvalid."""
    if not isinstance(value, Mapping):
        raise PricesInvalid(place, "is not an object")
    strange = sorted(set(value) - known) if known is not None else []
    if strange:
        raise PricesInvalid(place, f"has an unknown field {strange[0]!r}")
    return value


def list_of(value: object, place: str, at_most: int) -> list[object]:
    if not isinstance(value, list):
        raise PricesInvalid(place, "is not a list")
    if len(value) > at_most:
        raise PricesInvalid(place, f"has more than {at_most} entries")
    return value


def whole(value: object, place: str, at_most: int) -> int:
    """A whole number from 0 to `at_most`. Raises PricesInvalid if missing, negative or not finite."""
    if type(value) is not int:
        raise PricesInvalid(place, "is missing" if value is None else "is not a whole number")
    if value < 0:
        raise PricesInvalid(place, "is negative")
    if value > at_most:
        raise PricesInvalid(place, f"is more than {at_most}")
    return value


def moment_of(value: object, place: str) -> datetime:
    """An ISO time with its zone, converted to UTC. Raises PricesInvalid."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise PricesInvalid(place, "is not a time with its zone")
    return moment.astimezone(UTC)


def price_of(value: object, place: str, *, is_complete: bool = True) -> Price:
    """`{"base", "tiers", "units"}`; `is_complete` requires all classes. Raises PricesInvalid."""
    body = mapping_of(value, place, frozenset({"base", "tiers", "units"}))
    base = _rates(body.get("base"), f"{place}.base", is_complete=is_complete)
    tiers = [
        _tier(entry, f"{place}.tiers[{index}]", base)
        for index, entry in enumerate(list_of(body.get("tiers", []), f"{place}.tiers", TIERS_MAX))
    ]
    if any(later.start <= earlier.start for earlier, later in pairwise(tiers)):
        raise PricesInvalid(f"{place}.tiers", "do not rise")
    units = mapping_of(body.get("units", {}), f"{place}.units")
    return Price(base, tuple(tiers), _units(units, f"{place}.units"))


def terms_of(value: object, place: str, *, is_complete: bool = True) -> Terms:
    """`{"price", "from", "windows", "context"}`, all but the price optional. Raises PricesInvalid."""
    body = mapping_of(value, place, frozenset({"price", "from", "windows", "context"}))
    windows = [
        _window(entry, f"{place}.windows[{index}]", is_complete=is_complete)
        for index, entry in enumerate(list_of(body.get("windows", []), f"{place}.windows", WINDOWS_MAX))
    ]
    return Terms(
        price=price_of(body.get("price"), f"{place}.price", is_complete=is_complete),
        since=moment_of(body["from"], f"{place}.from") if "from" in body else BEGINNING,
        windows=tuple(windows),
        context=_context(body.get("context", {}), f"{place}.context"),
    )


def _rates(value: object, place: str, *, is_complete: bool) -> Rates:
    body = mapping_of(value, place, frozenset(TOKEN_CLASSES))
    named = [name for name in TOKEN_CLASSES if is_complete or name in body]
    return {name: whole(body.get(name), f"{place}.{name}", PRICE_MAX) for name in named}


def _tier(value: object, place: str, base: Rates) -> Tier:
    """A tier that states either `from`, its smallest prompt, or `above`, the largest prompt below it."""
    body = mapping_of(value, place, frozenset({"above", "from", "prices"}))
    if ("above" in body) == ("from" in body):
        raise PricesInvalid(place, "has to say either above or from")
    name = "above" if "above" in body else "from"
    start = whole(body[name], f"{place}.{name}", PRICE_MAX) + (name == "above")
    rates = _rates(body.get("prices"), f"{place}.prices", is_complete=False)
    if set(rates) != set(base):
        raise PricesInvalid(f"{place}.prices", "has other classes than the base")
    return Tier(start, rates)


def _units(body: Mapping[str, object], place: str) -> dict[str, int]:
    if len(body) > UNITS_MAX or not all(_NAME.fullmatch(name) for name in body):
        raise PricesInvalid(place, "has names that are none, or too many")
    return {name: whole(price, f"{place}.{name}", PRICE_MAX) for name, price in sorted(body.items())}


def _window(value: object, place: str, *, is_complete: bool) -> PriceWindow:
    body = mapping_of(value, place, frozenset({"start", "end", "weekdays", "price"}))
    days = list_of(body.get("weekdays", sorted(EVERY_DAY)), f"{place}.weekdays", 7)
    weekdays = frozenset(whole(day, f"{place}.weekdays", 7) for day in days)
    if not weekdays <= EVERY_DAY:
        raise PricesInvalid(f"{place}.weekdays", "are numbered from 1, Monday, to 7")
    start, end = _minute(body.get("start"), f"{place}.start"), _minute(body.get("end"), f"{place}.end")
    if start == end:
        raise PricesInvalid(place, "is empty")
    return PriceWindow(start, end, price_of(body.get("price"), f"{place}.price", is_complete=is_complete), weekdays)


def _minute(value: object, place: str) -> int:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise PricesInvalid(place, "is no time such as 06:00")
    return int(value[:2]) * 60 + int(value[3:])


def _context(value: object, place: str) -> dict[str, str]:
    body = mapping_of(value, place, frozenset({"service_tier", "speed", "region"}))
    found = {}
    for name, word in sorted(body.items()):
        if not isinstance(word, str) or not _NAME.fullmatch(word.replace("-", "_")):
            raise PricesInvalid(f"{place}.{name}", "is not a word in lower case")
        found[name] = word
    return found
