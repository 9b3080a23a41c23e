"""Which snapshots are kept."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.archive.snapshots.retention import Retention, kept_snapshots

NOW = datetime(2026, 7, 31, 12, 30, tzinfo=UTC)
RULE = Retention(last=2, hourly=24, daily=30)


def before(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=each) for each in hours]


@pytest.mark.parametrize(
    ("hours_ago", "kept"),
    [
        ([], set()),
        ([0], {0}),
        ([9000, 9001, 9002], {0, 1}),  # the last two, however old
        ([0, 0.1, 0.2, 0.3], {0, 1}),  # the rest of the hour goes
        ([0, 0.1, 1, 1.1, 2], {0, 1, 2, 4}),  # the last of each hour
        ([0, 0.1, 48, 49, 72], {0, 1, 2, 4}),  # after a day the last of each day
        ([0, 0.1, 24 * 29, 24 * 29 + 1, 24 * 31], {0, 1, 2}),  # after 30 days nothing but the last two
    ],
)
def test_kept_are_the_last_then_one_an_hour_then_one_a_day(hours_ago: list[float], kept: set[int]) -> None:
    assert kept_snapshots(before(*hours_ago), NOW, RULE) == kept


def test_at_least_one_is_kept_whatever_the_rule() -> None:
    assert kept_snapshots(before(9000), NOW, Retention(0, 0, 0)) == {0}


@given(st.lists(st.floats(0, 24 * 40), max_size=60).map(sorted))
def test_what_was_let_go_is_never_wanted_later(hours_ago: list[float]) -> None:
    """Pruning step by step leaves what pruning once would have left."""
    taken = before(*hours_ago)
    survivors = [taken[place] for place in sorted(kept_snapshots(taken, NOW, RULE))]
    later = NOW + timedelta(hours=7)
    once = {taken[place] for place in kept_snapshots(taken, later, RULE)}
    assert {survivors[place] for place in kept_snapshots(survivors, later, RULE)} == once


@given(st.lists(st.floats(0, 24 * 300), max_size=300).map(sorted))
def test_number_kept_is_bounded(hours_ago: list[float]) -> None:
    assert len(kept_snapshots(before(*hours_ago), NOW, RULE)) <= 2 + 25 + 31
