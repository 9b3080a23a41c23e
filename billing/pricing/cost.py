"""The cost of a request, in integers: rounded once for each request and model, half up, with parts that add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from billing.pricing.classes import TOKEN_CLASSES, Tokens
from billing.pricing.prices import Price
from billing.pricing.quarantine import Code, Quarantined

PER: Final = 1_000_000
"""Prices are per this many tokens; numerators are micro-cents times this."""


@dataclass(frozen=True, slots=True)
class CostPart:
    """One class or unit of a cost: `count` times `price`. `micro_cents` are its share; shares add up to the cost."""

    name: str
    count: int
    price: int
    numerator: int
    micro_cents: int

    @property
    def is_tokens(self) -> bool:
        """Whether `price` is for a million of them, as of tokens; a unit's is for each."""
        return self.name in TOKEN_CLASSES

    @property
    def words(self) -> str:
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Cost:
    """`micro_cents` is `numerator` divided by a million, rounded half up. `tier_start` is 0 for the base prices."""

    numerator: int
    micro_cents: int
    tier_start: int
    parts: tuple[CostPart, ...]


def rounded(numerator: int) -> int:
    return (numerator + PER // 2) // PER


def cost_of(tokens: Tokens, price: Price, *, prompt: int | None = None, units: Mapping[str, int] | None = None) -> Cost:
    """The cost of all tokens at the prices of the tier that `prompt` reaches (by default the tokens' own prompt).

    Raises Quarantined when a counted class or unit has no price.
    """
    size = tokens.prompt if prompt is None else prompt
    lines = _token_lines(tokens, price, size) + _unit_lines(units or {}, price)
    numerator = sum(line[3] for line in lines)
    total = rounded(numerator)
    shares = largest_remainder([line[3] for line in lines], total)
    parts = tuple(CostPart(*line, share) for line, share in zip(lines, shares, strict=True))
    return Cost(numerator, total, price.tier_start(size), parts)


def _token_lines(tokens: Tokens, price: Price, prompt: int) -> list[tuple[str, int, int, int]]:
    rates = price.rates(prompt)
    lines = []
    for name, count in tokens.by_class().items():
        if not count:
            continue
        if name not in rates:
            raise Quarantined(Code.CLASS_WITHOUT_PRICE, name)
        lines.append((name, count, rates[name], count * rates[name]))
    return lines


def _unit_lines(units: Mapping[str, int], price: Price) -> list[tuple[str, int, int, int]]:
    lines = []
    for name, count in sorted(units.items()):
        if not count:
            continue
        if name not in price.units:
            raise Quarantined(Code.UNIT_WITHOUT_PRICE, name)
        lines.append((name, count, price.units[name], count * price.units[name] * PER))
    return lines


def largest_remainder(numerators: list[int], total: int) -> list[int]:
    """Whole micro-cents for each numerator, so that they add up to `total`, each less than one off its exact share.

    `total` is the sum of the numerators over a million, rounded up or down. The remainder after rounding each down goes
    to the largest fractions, to the first of equal ones.
    """
    floors = [numerator // PER for numerator in numerators]
    left = total - sum(floors)
    by_remainder = sorted(range(len(numerators)), key=lambda index: -(numerators[index] % PER))
    for index in by_remainder[:left]:
        floors[index] += 1
    return floors
