"""JSON with places: what it reads, and where it says a mistake is."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.configuration.reading import NotJSON, TextPosition, read

PLAIN = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text()
SCALARS = PLAIN | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
REFUSED = object()


def value_of(reader: Callable[[str], Any], text: str) -> Any:
    try:
        return reader(text)
    except ValueError:
        return REFUSED


@given(value=VALUES, indent=st.sampled_from([None, 2]))
def test_reads_what_json_writes(value: object, indent: int | None) -> None:
    assert read(json.dumps(value, indent=indent)).value == value


@given(text=st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\\u', max_size=40))
def test_takes_nothing_that_json_does_not(text: str) -> None:
    assert value_of(lambda text: read(text).value, text) in (REFUSED, value_of(json.loads, text))


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "A value is expected"),
        ('{\n  "a": 1,\n}', 2, 9, "must not end with a comma"),
        ('{\n  "a": 1\n  "b": 2\n}', 3, 3, "A comma or a closing brace"),
        ('{\n  "a" 1\n}', 2, 7, "A colon is expected"),
        ("{\n  a: 1\n}", 2, 3, "A key in double quotes"),
        ('{"a": [1, 2', 1, 12, "A comma or a closing bracket"),
        ('// note\n{"a": 1}', 1, 1, "Comments are not JSON"),
        ('{"a": 1} x', 1, 10, "Nothing may follow"),
        ('{"a": 1, "a": 2}', 1, 10, "The key “a” is there already"),
        ('{"a": nul}', 1, 7, "A value is expected"),
        ('{"a": 01}', 1, 8, "A comma or a closing brace"),
        ('{"a": 1e999}', 1, 7, "larger than agents can hold"),
        ('{"a": ' + "9" * 5000 + "}", 1, 7, "larger than agents can hold"),
        ('{"a": "\\ud800"}', 1, 7, "half of a character"),
        ('{"a": "x', 1, 7, "does not end"),
        ("[" * 100, 1, 66, "nested deeper"),
    ],
)
def test_mistake_is_named_with_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(NotJSON, match=words) as wrong:
        read(text)
    assert wrong.value.place == TextPosition(line, column)


def test_every_key_and_item_has_its_place() -> None:
    places = read('{\n  "a": [\n    1,\n    {"b": 2}\n  ]\n}').places
    assert places[("a",)] == (2, 3)
    assert places[("a", 1)] == (4, 5)
    assert places[("a", 1, "b")] == (4, 6)
