"""The ceiling of a request: the most it can cost, computed before it is sent, and reserved."""

from collections.abc import Iterable, Mapping

from billing.pricing.classes import INPUT_CLASSES, OUTPUT_CLASSES
from billing.pricing.cost import PER
from billing.pricing.prices import Price, Rates
from billing.pricing.quarantine import Code, Quarantined


def ceiling_of(prices: Iterable[Price], *, prompt: int, output: int, units: Mapping[str, int] | None = None) -> int:
    """Micro-cents that no request with at most `prompt` tokens to read and `output` tokens to write can exceed.

    `prices` are all that may apply: of every candidate, context and hour. A token's class is known only afterwards,
    so each token counts as the dearest class in the dearest tier that the prompt may reach; reasoning is part of
    `output`. Rounded up for each class. Raises Quarantined when a unit has no price.
    """
    return max(_ceiling(price, prompt, output, units or {}) for price in prices)


def _ceiling(price: Price, prompt: int, output: int, units: Mapping[str, int]) -> int:
    reached = [price.base, *(tier.rates for tier in price.tiers if tier.start <= prompt)]
    return max(_of_tokens(rates, prompt, output) for rates in reached) + _of_units(price, units)


def _of_tokens(rates: Rates, prompt: int, output: int) -> int:
    dearest_input = max((rates[name] for name in INPUT_CLASSES if name in rates), default=0)
    dearest_output = max((rates[name] for name in OUTPUT_CLASSES if name in rates), default=0)
    return _up(prompt * dearest_input) + _up(output * dearest_output)


def _of_units(price: Price, units: Mapping[str, int]) -> int:
    missing = [name for name, count in units.items() if count and name not in price.units]
    if missing:
        raise Quarantined(Code.UNIT_WITHOUT_PRICE, missing[0])
    return sum(count * price.units[name] for name, count in units.items() if count)


def _up(numerator: int) -> int:
    return -(-numerator // PER)
