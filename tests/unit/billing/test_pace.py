"""Where a month's spending leads, what of an account is free, and what matters most about it."""

from datetime import UTC, datetime

import pytest

from billing.ledger.facts import Funding
from billing.ledger.pace import Pace, pace_of
from billing.ledger.standing import Spendable, Standing, spendable, standing_of

POSTPAID, PREPAID = Funding.POSTPAID, Funding.PREPAID


def at(day: int, hour: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("used", "limit", "now", "pace"),
    [
        (300, None, at(16), Pace(600, None)),
        (300, 600, at(16), Pace(600, datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC))),
        (300, 601, at(16), Pace(600, None)),
        (300, 400, at(16), Pace(600, at(21))),
        (1, 3, at(11), Pace(3, datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC))),
        (100, 2**62, at(2), Pace(3000, None)),
        (2**62 - 1, 2**62, at(30, 23), Pace((2**62 - 1) * 720 // 719, at(30, 23))),
        (400, 400, at(16), None),
        (0, 400, at(16), None),
        (-5, 400, at(16), None),
        (300, 400, at(1, 23), None),
        (31, None, at(2, month=12), Pace(961, None)),
    ],
)
def test_pace_is_that_of_the_month_so_far(used: int, limit: int | None, now: datetime, pace: Pace | None) -> None:
    assert pace_of(used, limit, now) == pace


@pytest.mark.parametrize(
    ("funding", "balance", "reserved", "budget_left", "free"),
    [
        (PREPAID, 10, 4, None, Spendable(6, is_budget=False)),
        (PREPAID, 10, 4, 5, Spendable(5, is_budget=True)),
        (PREPAID, 10, 4, 6, Spendable(6, is_budget=False)),
        (PREPAID, -10, 4, 5, Spendable(0, is_budget=False)),
        (POSTPAID, -10, 4, None, Spendable(None, is_budget=False)),
        (POSTPAID, -10, 4, 5, Spendable(5, is_budget=True)),
    ],
)
def test_free_is_what_the_narrower_of_balance_and_budget_leaves(
    funding: Funding, balance: int, reserved: int, budget_left: int | None, free: Spendable
) -> None:
    assert spendable(funding, balance, reserved, budget_left) == free


@pytest.mark.parametrize(
    ("funding", "balance", "reserved", "budget_left", "is_frozen", "standing"),
    [
        (PREPAID, -1, 0, 0, True, Standing.FROZEN),
        (PREPAID, -1, 0, 0, False, Standing.NEGATIVE),
        (PREPAID, 0, 0, None, False, Standing.EMPTY),
        (PREPAID, 5, 5, None, False, Standing.EMPTY),
        (PREPAID, 5, 4, 0, False, Standing.BUDGET),
        (PREPAID, 5, 4, 1, False, Standing.GOOD),
        (POSTPAID, -5, 0, None, False, Standing.GOOD),
        (POSTPAID, -5, 0, 0, False, Standing.BUDGET),
    ],
)
def test_gravest_state_comes_first(
    funding: Funding, balance: int, reserved: int, budget_left: int | None, is_frozen: bool, standing: Standing
) -> None:
    assert standing_of(funding, balance, reserved, budget_left, is_frozen=is_frozen) == standing
