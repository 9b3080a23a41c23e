"""How pages word times, counts and money."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import time_machine

from opencode.lib.shown import compact_count, relative_time
from opencode.lib.timewords import ago
from opencode.templatetags.console import dollars, exact

TABLE = json.loads((Path(__file__).parent / "time_words.json").read_text())


@pytest.mark.parametrize(("then", "now", "words"), TABLE)
def test_relative_times_are_worded_as_the_script_words_them(then: str, now: str, words: str) -> None:
    assert ago(datetime.fromisoformat(then), datetime.fromisoformat(now)) == words


@time_machine.travel(datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC), tick=False)
def test_relative_time_carries_the_exact_utc() -> None:
    moment = datetime(2026, 3, 1, 14, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2)))
    assert relative_time(moment) == (
        '<time datetime="2026-03-01T12:00:00.250+00:00" title="2026-03-01 12:00:00 UTC" data-relative>29 s ago</time>'
    )


def test_exact_time_is_utc() -> None:
    moment = datetime(2026, 3, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=2)))
    assert exact(moment) == '<time datetime="2026-02-28T23:00:00.000+00:00">2026-02-28 23:00:00 UTC</time>'


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (9_999, "9.9k"),
        (10_000, "10k"),
        (128_400, "128k"),
        (999_999, "999k"),
        (1_300_000, "1.3M"),
        (12_000_000_000, "12G"),
    ],
)
def test_counts_are_short(count: int, words: str) -> None:
    assert compact_count(count) == words


def test_money_has_as_many_decimals_as_it_needs() -> None:
    assert [dollars(amount) for amount in (0, 2_200, 150_000_000)] == ["$0.00", "$0.000022", "$1.50"]
