"""What matters most about an account at the moment, so that its page can say one thing and offer one way on."""

from dataclasses import dataclass
from enum import StrEnum

from billing.ledger.facts import Funding


class Standing(StrEnum):
    """From the gravest to none. `negative` and `empty` are of prepaid accounts alone."""

    FROZEN = "frozen"
    NEGATIVE = "negative"
    EMPTY = "empty"
    BUDGET = "budget"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Spendable:
    """What an account may still spend, in micro-cents; `free` is None where nothing bounds it.

    `is_budget` says that the monthly budget, not the balance, is what bounds it.
    """

    free: int | None
    is_budget: bool


def spendable(funding: Funding, balance: int, reserved: int, budget_left: int | None) -> Spendable:
    """`budget_left` is what the monthly budget leaves, None without one."""
    if funding == Funding.POSTPAID:
        return Spendable(budget_left, budget_left is not None)
    of_balance = max(0, balance - reserved)
    if budget_left is not None and budget_left < of_balance:
        return Spendable(budget_left, is_budget=True)
    return Spendable(of_balance, is_budget=False)


def standing_of(funding: Funding, balance: int, reserved: int, budget_left: int | None, *, is_frozen: bool) -> Standing:
    """The first that applies."""
    if is_frozen:
        return Standing.FROZEN
    if funding == Funding.PREPAID and balance < 0:
        return Standing.NEGATIVE
    if funding == Funding.PREPAID and balance - reserved <= 0:
        return Standing.EMPTY
    return Standing.BUDGET if budget_left == 0 else Standing.GOOD
