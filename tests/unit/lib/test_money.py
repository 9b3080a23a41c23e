"""Money in micro-cents."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencode.lib.money import MICRO_CENTS_PER_DOLLAR, exact_dollars, format_dollars, from_dollars, to_dollars


@pytest.mark.parametrize(
    ("dollars", "micro_cents"),
    [
        (1, 100_000_000),
        ("0.00000001", 1),
        (2.2e-05, 2_200),
        (0.1, 10_000_000),
        ("0.000000005", 0),
        ("0.000000015", 2),
        ("-1.50", -150_000_000),
    ],
)
def test_dollars_become_micro_cents(dollars: float | str, micro_cents: int) -> None:
    assert from_dollars(dollars) == micro_cents


@pytest.mark.parametrize(
    ("micro_cents", "text"),
    [
        (0, "$0.00"),
        (150_000_000, "$1.50"),
        (123_456_789_000_000, "$1,234,567.89"),
        (2_200, "$0.000022"),
        (1, "$0.00000001"),
        (10_000_000, "$0.10"),
        (-150_000_000, "-$1.50"),
    ],
)
def test_amounts_read_well(micro_cents: int, text: str) -> None:
    assert format_dollars(micro_cents) == text


@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_nothing_is_lost_on_the_way_there_and_back(micro_cents: int) -> None:
    assert from_dollars(to_dollars(micro_cents)) == micro_cents


def test_a_dollar_is_a_hundred_million() -> None:
    assert to_dollars(MICRO_CENTS_PER_DOLLAR) == Decimal(1)


@pytest.mark.parametrize(
    ("micro_cents", "shown"),
    [
        (0, "$0.00"),
        (3_060_000, "$0.0306"),
        (-1, "-$0.00000001"),
        (123_456_789_012, "$1,234.56789012"),
        (150_000_000, "$1.50"),
    ],
)
def test_exact_amounts_have_every_decimal_that_is_not_zero(micro_cents: int, shown: str) -> None:
    assert exact_dollars(micro_cents) == shown
