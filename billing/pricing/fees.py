"""The fee on a top-up, and the bounds of one, in whole cents."""

from typing import Final

SMALLEST_CENTS: Final = 1_000
LARGEST_CENTS: Final = 1_000_000
USUAL_CENTS: Final = 2_000


def fee_cents(credit_cents: int) -> int:
    """The fee charged on top of a credit of that many cents, to cover card costs of 4.4 % and 30 cents.

    Integers only; equal to `round((x + 30) / 0.956 * 0.044 + 30)` for every x up to 3,000,000.
    """
    return (22 * (credit_cents + 30) + 239) // 478 + 30
