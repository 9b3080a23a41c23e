"""Merges what the console itself adds for agents with what admins wrote, and says where each line comes from.

What admins wrote wins: objects are merged key by key, any other value of theirs replaces the console's.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

WRITTEN: Final = "written"
ADDED: Final = "added"
BOTH: Final = "both"
OPENED: Final = 4


class MergedLine(NamedTuple):
    """A line of the merged JSON. `origin`: WRITTEN by admins, ADDED by the console, or BOTH for what encloses both."""

    text: str
    origin: str


def merged(added: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """First what admins wrote, in their order, then what is added."""
    found: dict[str, Any] = {}
    for key, value in written.items():
        other = added.get(key)
        are_objects = isinstance(value, Mapping) and isinstance(other, Mapping)
        found[key] = merged(other, value) if are_objects and other is not None else value
    return {**found, **{key: value for key, value in added.items() if key not in written}}


def merged_lines(added: Mapping[str, Any], written: Mapping[str, Any]) -> list[MergedLine]:
    """The merged JSON with two spaces a level, a value a line; what is added deeper than OPENED levels on one line."""
    origin = _origin(added, written)
    return [MergedLine("{", origin), *_members(added, written, 1), MergedLine("}", origin)]


def _members(added: Mapping[str, Any], written: Mapping[str, Any], depth: int) -> Iterator[MergedLine]:
    whole = merged(added, written)
    indent = "  " * depth
    for number, (key, value) in enumerate(whole.items(), start=1):
        comma = "," if number < len(whole) else ""
        head = f"{indent}{json.dumps(key, ensure_ascii=False)}: "
        ours, theirs = _below(added, key), _below(written, key)
        is_opened = isinstance(value, Mapping) and value and (theirs or depth < OPENED)
        if is_opened and (ours or theirs):
            origin = _origin(ours, theirs)
            yield MergedLine(head + "{", origin)
            yield from _members(ours, theirs, depth + 1)
            yield MergedLine(indent + "}" + comma, origin)
        else:
            origin = WRITTEN if key in written else ADDED
            yield MergedLine(f"{head}{json.dumps(value, ensure_ascii=False)}{comma}", origin)


def _below(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object below the key, empty when there is none."""
    found = values.get(key)
    return found if isinstance(found, Mapping) else {}


def _origin(added: Mapping[str, Any], written: Mapping[str, Any]) -> str:
    """Of the braces around both."""
    if added and written:
        return BOTH
    return ADDED if added else WRITTEN
