"""What strangers sent reads as what it is, or as nothing; nothing raises."""

from typing import Any, Final

import pytest

from sync.protocol.untrusted import (
    COUNT_LIMIT,
    at,
    count_at,
    dict_at,
    dicts_at,
    list_at,
    number_at,
    storable_text,
    text_at,
)

VALUE: Final[dict[str, Any]] = {
    "name": "a session",
    "time": {"created": 12.5, "ended": None},
    "files": [{"path": "a"}, "b", None, {"path": "c"}],
    "count": 3,
}
ODD: Final[list[Any]] = [None, True, False, 0, -1, 1.5, "text", [], ["x"], {}, {"x": 1}, float("nan"), 10**400]


def test_values_are_found_below_their_names() -> None:
    assert at(VALUE, "time", "created") == 12.5
    assert at(VALUE) is VALUE
    assert (text_at(VALUE, "name"), number_at(VALUE, "time", "created"), count_at(VALUE, "count")) == (
        "a session",
        12.5,
        3,
    )
    assert dict_at(VALUE, "time") == {"created": 12.5, "ended": None}
    assert list_at(VALUE, "files") == VALUE["files"]
    assert dicts_at(VALUE, "files") == [{"path": "a"}, {"path": "c"}]


@pytest.mark.parametrize("path", [("gone",), ("name", "deeper"), ("time", "gone"), ("files", "0"), ("time", "ended")])
def test_what_is_not_there_is_empty(path: tuple[str, ...]) -> None:
    found = [read(VALUE, *path) for read in (at, text_at, number_at, count_at, dict_at, list_at, dicts_at)]
    assert found == [None, "", None, 0, {}, [], []]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_each_reader_answers_its_own_type(value: Any) -> None:
    assert isinstance(text_at(value), str)
    assert isinstance(dict_at(value), dict)
    assert isinstance(list_at(value), list)
    assert isinstance(count_at(value), int)
    assert isinstance(number_at(value), float | None)


@pytest.mark.parametrize("value", [True, False, None, -1, "1", float("nan"), float("inf"), 10**400])
def test_what_counts_nothing_is_no_number(value: Any) -> None:
    assert (number_at(value), count_at(value)) == (None, 0)


def test_counts_are_whole_and_bounded() -> None:
    assert [count_at(value) for value in (0, 2.9, COUNT_LIMIT - 1, COUNT_LIMIT, 1e300)] == [0, 2, COUNT_LIMIT - 1, 0, 0]


def test_text_for_a_column_is_short_and_can_be_stored() -> None:
    assert storable_text("a\0b\ud800c" + "d" * 10, 5) == "ab?cd"
