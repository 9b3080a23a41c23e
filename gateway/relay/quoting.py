"""The ceiling of a call: what it can cost at most, and how much output fits into less."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.pricing.book import FoundPrice, PriceBook
from billing.pricing.ceiling import ceiling_of
from billing.pricing.context import normalized
from billing.pricing.prices import Price, Rates, Tier
from billing.pricing.quarantine import Quarantined
from gateway.errors import FeatureUnpriced, PriceMissing
from gateway.selectors.routing import Route
from gateway.wire.asking.ask import Ask
from gateway.wire.asking.weight import Weight, weight_of

LOWEST_CAP: Final = 1_024
"""A call is not sent with less output than this unless it asks for less."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What bounds the cost of a call. Tokens: `prompt` is the most it can read, `typical` about what it reads.

    `cap` is the most output of one of its `choices`; `version` that of the price list.
    """

    prices: tuple[Price, ...]
    version: int
    prompt: int
    typical: int
    cap: int
    choices: int
    floor: int
    units: dict[str, int]

    def ceiling(self, cap: int | None = None) -> int:
        """Micro-cents that the call cannot exceed, with this output cap or its own. Raises FeatureUnpriced."""
        output = (self.cap if cap is None else cap) * self.choices
        runs = 1 + sum(self.units.values())
        try:
            return ceiling_of(self.prices, prompt=self.prompt * runs, output=output, units=self.units)
        except Quarantined as reason:
            raise FeatureUnpriced("This call asks for a tool that has no price.") from reason

    def cap_within(self, room: int) -> int | None:
        """The largest lower cap with which the call costs `room` at most; None where none is worth sending."""
        least = max(LOWEST_CAP, self.floor + 1)
        if least >= self.cap or self.ceiling(least) > room:
            return None
        low, high = least, self.cap
        while low < high:
            middle = (low + high + 1) // 2
            if self.ceiling(middle) <= room:
                low = middle
            else:
                high = middle - 1
        return low


def quote_of(ask: Ask, route: Route, size: int, book: PriceBook, now: datetime) -> Quote:
    """Raises PriceMissing, FeatureUnpriced. `size` is the body's, in bytes."""
    found = _prices(ask, route, book, now)
    prices = [price for each in found for price in each.terms.every_price()]
    weight: Weight = weight_of(ask.form, ask.fields, size)
    most = min(route.model.output_limit, route.output_cap or route.model.output_limit)
    return Quote(
        prices=tuple(prices if ask.writes_hours else map(_without_hours, prices)),
        version=found[0].version,
        prompt=weight.most(route.model.context_window),
        typical=weight.typical(route.model.context_window),
        cap=min(ask.cap or most, most),
        choices=ask.choices,
        floor=ask.floor,
        units=dict(ask.units),
    )


def _without_hours(price: Price) -> Price:
    """The price of a call that asks for no cache of an hour, whose writing costs most."""
    tiers = tuple(Tier(tier.start, _shorter(tier.rates)) for tier in price.tiers)
    return Price(_shorter(price.base), tiers, price.units)


def _shorter(rates: Rates) -> dict[str, int]:
    return {name: rate for name, rate in rates.items() if name != "cache_write_1h"}


def _prices(ask: Ask, route: Route, book: PriceBook, now: datetime) -> list[FoundPrice]:
    """The usual ones and, where the call asks to be served otherwise, those too: providers may do either."""
    try:
        found = [book.find(route.model.price_name, {}, now)]
    except Quarantined as reason:
        raise PriceMissing from reason
    context = normalized(ask.context)
    if context:
        try:
            found.append(book.find(route.model.price_name, context, now))
        except Quarantined as reason:
            raise FeatureUnpriced("There is no price for being served as this call asks.") from reason
    return found
