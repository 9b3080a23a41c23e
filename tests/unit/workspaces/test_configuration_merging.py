"""What agents receive when both admins and the console say something."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspaces.configuration import merged, merged_lines

ADDED = {
    "model": "console/a",
    "provider": {"console": {"name": "Console", "models": {"a": {"limit": {"output": 10}}}}},
}
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.lists(st.integers(0, 3), max_size=3)
OBJECTS: Any = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner | LEAVES, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ({}, ADDED),
        ({"model": "corp/b"}, {**ADDED, "model": "corp/b"}),
        ({"share": "disabled"}, {"share": "disabled", **ADDED}),
        ({"provider": {"corp": {}}}, {"model": "console/a", "provider": {"corp": {}, **ADDED["provider"]}}),  # type: ignore[dict-item]
        (
            {"provider": {"console": {"models": {"a": {"limit": {"output": 5}}}}}},
            {
                "provider": {"console": {"models": {"a": {"limit": {"output": 5}}}, "name": "Console"}},
                "model": "console/a",
            },
        ),
        ({"provider": None}, {"provider": None, "model": "console/a"}),
        ({"provider": []}, {"provider": [], "model": "console/a"}),
        ({"model": {}}, {"model": {}, "provider": ADDED["provider"]}),
    ],
)
def test_what_admins_wrote_wins(written: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert merged(ADDED, written) == wanted


def test_lines_say_where_they_come_from() -> None:
    written = {"share": "disabled", "provider": {"console": {"name": "Corp", "options": {}}}}
    assert [(line.text, line.origin) for line in merged_lines(ADDED, written)] == [
        ("{", "both"),
        ('  "share": "disabled",', "written"),
        ('  "provider": {', "both"),
        ('    "console": {', "both"),
        ('      "name": "Corp",', "written"),
        ('      "options": {},', "written"),
        ('      "models": {', "added"),
        ('        "a": {"limit": {"output": 10}}', "added"),
        ("      }", "added"),
        ("    }", "both"),
        ("  },", "both"),
        ('  "model": "console/a"', "added"),
        ("}", "both"),
    ]


@settings(max_examples=50, deadline=None)
@given(OBJECTS, OBJECTS)
def test_lines_are_the_merged_json(added: dict[str, Any], written: dict[str, Any]) -> None:
    lines = merged_lines(added, written)
    assert json.loads("\n".join(line.text for line in lines)) == merged(added, written)


@settings(max_examples=50, deadline=None)
@given(OBJECTS, OBJECTS)
def test_nothing_written_is_lost_and_nothing_else_comes_in(added: dict[str, Any], written: dict[str, Any]) -> None:
    assert merged(added, {}) == added
    assert merged({}, written) == written
    assert merged(written, written) == written
    assert merged(added, merged(added, written)) == merged(added, written)
