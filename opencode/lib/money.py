"""Money is an integer of micro-cents: $1 = 100,000,000. Never a float."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

MICRO_CENTS_PER_DOLLAR: Final = 100_000_000
MICRO_CENTS_PER_CENT: Final = 1_000_000


def from_dollars(amount: Decimal | int | float | str) -> int:
    """Dollars (a float as the agent sends it, e.g. 2.2e-05) to micro-cents, rounded half to even."""
    value = Decimal(str(amount)) * MICRO_CENTS_PER_DOLLAR
    return int(value.to_integral_value(rounding=ROUND_HALF_EVEN))


def to_dollars(micro_cents: int) -> Decimal:
    return Decimal(micro_cents) / MICRO_CENTS_PER_DOLLAR


def exact_dollars(micro_cents: int) -> str:
    """`$1.50`, `$31.9694`: at least two decimals, and all that are not zero, so that amounts beside it add up."""
    whole, _, decimals = f"{abs(to_dollars(micro_cents)):,.8f}".partition(".")
    return f"{'-' if micro_cents < 0 else ''}${whole}.{decimals.rstrip('0').ljust(2, '0')}"


def format_dollars(micro_cents: int) -> str:
    """`$1.50`, `$0.00`, `$0.000022`: two decimals, and as many more as the amount needs to show two digits."""
    value = to_dollars(micro_cents)
    sign = "-" if value < 0 else ""
    value = abs(value)
    if value == 0 or value >= 1:
        return f"{sign}${value:,.2f}"
    places = max(2, -value.adjusted() + 1)
    text = f"{value:.{places}f}"
    whole, _, decimals = text.partition(".")
    return f"{sign}${whole}.{decimals.rstrip('0').ljust(2, '0')}"
