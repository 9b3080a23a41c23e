"""Credit for a period is spent first; what is left of it lapses, but nothing that is held, and nothing below zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.lapsing import lapse_of, left_after

amounts = st.integers(0, 100)


@pytest.mark.parametrize(
    ("lefts", "spent", "expected"),
    [
        ([10, 5], 0, [10, 5]),
        ([10, 5], 4, [6, 5]),
        ([10, 5], 12, [0, 3]),
        ([10, 5], 99, [0, 0]),
        ([10, 5], -3, [10, 5]),
        ([], 7, []),
    ],
)
def test_the_one_that_ends_first_is_spent_first(lefts: list[int], spent: int, expected: list[int]) -> None:
    assert left_after(lefts, spent) == expected


@given(st.lists(amounts), amounts, amounts)
def test_spending_in_two_steps_leaves_what_spending_at_once_leaves(lefts: list[int], one: int, two: int) -> None:
    assert left_after(left_after(lefts, one), two) == left_after(lefts, one + two)
    assert sum(lefts) - sum(left_after(lefts, one)) == min(one, sum(lefts))


@pytest.mark.parametrize(
    ("left", "balance", "reserved", "expected"),
    [(10, 50, 0, 10), (10, 4, 0, 4), (10, -5, 0, 0), (10, 12, 5, 7), (10, 12, 20, 0), (0, 50, 0, 0)],
)
def test_what_lapses(left: int, balance: int, reserved: int, expected: int) -> None:
    assert lapse_of(left, balance, reserved) == expected
