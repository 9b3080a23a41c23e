"""Numbers and untrusted lines in words."""

import pytest

from sync.render.wording import byte_size, dollars, duration, moment, short_line


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(38, "38 ms"), (4_200, "4.2 s"), (42_000, "42 s"), (185_000, "3 min 5 s"), (7_380_000, "2 h 3 min")],
)
def test_durations(milliseconds: int, words: str) -> None:
    assert duration(1_000, 1_000 + milliseconds) == words


@pytest.mark.parametrize(("start", "end"), [(None, 5), (5, None), (9, 5), (0, 0)])
def test_a_duration_without_both_ends_is_empty(start: float | None, end: float | None) -> None:
    assert duration(start, end) == ""


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 KB"), (74_000, "74 KB"), (3.4e9, "3.4 GB")]
)
def test_sizes(size: float, words: str) -> None:
    assert byte_size(size) == words


def test_a_title_is_one_line_without_control_characters() -> None:
    assert short_line("a\n b\x00\x1b[31m\u2028c\t d") == "a b [31m c d"
    assert short_line("x" * 500) == "x" * 299 + "…"


def test_moments_outside_any_calendar_are_absent() -> None:
    assert moment(1_795_340_283_445) is not None
    assert moment(1e30) is None
    assert moment(0) is None


@pytest.mark.parametrize(
    ("amount", "words"), [(2.2e-05, "$0.000022"), (1.5, "$1.50"), (0, ""), (None, ""), (1e300, "")]
)
def test_costs(amount: float | None, words: str) -> None:
    assert dollars(amount) == words
