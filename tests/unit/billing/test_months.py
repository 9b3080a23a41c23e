"""Months and plan periods: UTC, half open, clamped to the month, counted from the original anchor."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.months import month_after, month_begins, month_of, plan_period
from tests.unit.billing.vectors import MONEY


@pytest.mark.parametrize("vector", MONEY["limit_month_utc"], ids=lambda vector: vector["reserved_at"])
def test_month_is_the_utc_month_of_the_reservation(vector: dict[str, str]) -> None:
    counted = int(vector["counts_in"].replace("-", ""))
    assert month_of(datetime.fromisoformat(vector["reserved_at"])) == counted


@pytest.mark.parametrize("vector", MONEY["plan_period"], ids=lambda vector: f"{vector['anchor']} {vector['now']}")
def test_plan_period_vector(vector: dict[str, Any]) -> None:
    anchor, now, start, end = (datetime.fromisoformat(vector[name]) for name in ("anchor", "now", "start", "end"))
    assert plan_period(anchor, now) == (start, end)


@given(month=st.integers(2000, 2100).flatmap(lambda year: st.integers(1, 12).map(lambda month: year * 100 + month)))
def test_a_month_ends_where_the_next_begins(month: int) -> None:
    assert month_of(month_begins(month)) == month
    assert month_of(month_begins(month_after(month))) == month_after(month)
    assert month_begins(month) < month_begins(month_after(month))
