"""Prices of a model: integer micro-cents per million tokens by class, and per call for what is paid by the call.

Larger prompts may have other prices (for the whole request), and so may hours of the day. No price is derived by a
factor: each is stated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

Rates = Mapping[str, int]
"""Micro-cents per million tokens, by token class; a missing class has no price, which does not mean free."""

EVERY_DAY: Final = frozenset(range(1, 8))
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tier:
    """Prices of requests whose prompt has `start` tokens or more."""

    start: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Price:
    """`tiers` rise by `start`; `units` are micro-cents each."""

    base: Rates
    tiers: tuple[Tier, ...] = ()
    units: Mapping[str, int] = field(default_factory=dict)

    def rates(self, prompt: int) -> Rates:
        """Prices of a request whose prompt has that many tokens, cached ones included."""
        reached = self.base
        for tier in self.tiers:
            if prompt >= tier.start:
                reached = tier.rates
        return reached

    def tier_start(self, prompt: int) -> int:
        """The smallest prompt with the same prices: 0 for the base."""
        return max((tier.start for tier in self.tiers if prompt >= tier.start), default=0)


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """Hours (UTC) with their own price, on weekdays 1 (Monday) to 7. Minutes of the day; half open.

    A window that ends before it begins runs over midnight and belongs to the day it begins on.
    """

    start: int
    end: int
    price: Price
    weekdays: frozenset[int] = EVERY_DAY

    def includes(self, moment: datetime) -> bool:
        utc = moment.astimezone(UTC)
        minute, day = utc.hour * 60 + utc.minute, utc.isoweekday()
        if self.start < self.end:
            return self.start <= minute < self.end and day in self.weekdays
        began_yesterday = minute < self.end and (day - 2) % 7 + 1 in self.weekdays
        return began_yesterday or (minute >= self.start and day in self.weekdays)


@dataclass(frozen=True, slots=True)
class Terms:
    """The price of a model in one context from one time on, with its windows."""

    price: Price
    since: datetime = BEGINNING
    windows: tuple[PriceWindow, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)

    def at(self, moment: datetime) -> Price:
        for window in self.windows:
            if window.includes(moment):
                return window.price
        return self.price

    def every_price(self) -> tuple[Price, ...]:
        """All prices that may apply to a request, whatever the hour of its answer."""
        return (self.price, *(window.price for window in self.windows))


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A provider's model with all its names, and its terms by context and beginning."""

    provider: str
    model: str
    terms: tuple[Terms, ...]
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    context_window: int | None = None

    def terms_at(self, context: Mapping[str, str], moment: datetime) -> Terms | None:
        """The latest terms of exactly this context that had begun by then."""
        begun = [terms for terms in self.terms if terms.context == context and terms.since <= moment]
        return max(begun, key=lambda terms: terms.since, default=None)
