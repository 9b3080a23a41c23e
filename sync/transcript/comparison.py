"""What became of a session's entries between two of its states, for a person to read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.items.redaction import model_without_secrets, session_without_share
from sync.protocol.keys import EntryKey, parse_key
from sync.transcript.diffs import FileDiff, patch_diff, unified
from sync.transcript.document import Row
from sync.transcript.fields import decode, pretty_json, text_at
from sync.transcript.wording import one_line

SHOWN_CHANGES = 200
_KINDS = {"info": "session", "message": "message", "part": "part", "diff": "changed files", "model": "models"}


@dataclass(frozen=True, slots=True)
class EntryChange:
    """`kind` is added, changed or removed; `diff` leads from the earlier text to the later."""

    kind: str
    key: str
    label: str
    diff: FileDiff


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of all entries; `changes` are SHOWN_CHANGES at most, in the order of the later state's keys."""

    added: int
    changed: int
    removed: int
    same: int
    changes: tuple[EntryChange, ...]

    @property
    def hidden(self) -> int:
        return self.added + self.changed + self.removed - len(self.changes)


def compare_states(then: Iterable[Row], now: Iterable[Row]) -> Comparison:
    """Both states without tombstones. Equal texts are equal, whatever their numbers."""
    before = {row.key: row.content for row in then}
    after = {row.key: row.content for row in now}
    added = [key for key in after if key not in before]
    removed = [key for key in before if key not in after]
    changed = [key for key in after if key in before and before[key] != after[key]]
    kinds = {**dict.fromkeys(added, "added"), **dict.fromkeys(changed, "changed"), **dict.fromkeys(removed, "removed")}
    shown = sorted(kinds, key=_reading_order)[:SHOWN_CHANGES]
    return Comparison(
        added=len(added),
        changed=len(changed),
        removed=len(removed),
        same=len(after) - len(added) - len(changed),
        changes=tuple(_change(kinds[key], key, before, after) for key in shown),
    )


def _reading_order(key: str) -> tuple[bool, str, str]:
    """What is about the whole session first, then each message with its parts: ids of agents sort by time."""
    name = parse_key(key)
    return (bool(name and name.segments), name.segments[0] if name and name.segments else "", key)


def _change(kind: str, key: str, before: Mapping[str, str], after: Mapping[str, str]) -> EntryChange:
    name = parse_key(key)
    old, new = (_read(name, state.get(key, "")) for state in (before, after))
    label = _label(name, new if key in after else old)
    texts = [_text(value, key in state) for value, state in ((old, before), (new, after))]
    return EntryChange(kind, key, label, patch_diff(unified(*texts), path=label))


def _read(name: EntryKey | None, content: str) -> Any:
    """The value without what readers never get."""
    value = decode(content) if content else None
    if name is not None and name.kind == "info" and isinstance(value, dict):
        return session_without_share(value)
    return model_without_secrets(value) if name is not None and name.kind == "model" else value


def _label(name: EntryKey | None, value: Any) -> str:
    if name is None:
        return "entry"
    facts = {
        "message": (text_at(value, "role"),),
        "part": (text_at(value, "type"), text_at(value, "tool")),
    }.get(name.kind, ())
    return one_line(" · ".join(filter(None, (_KINDS.get(name.kind, name.kind), *facts))), 80)


def _text(value: Any, exists: bool) -> str:
    """Words as they are, anything else as indented JSON."""
    if not exists:
        return ""
    if text_at(value, "type") in {"text", "reasoning"}:
        return text_at(value, "text")
    return pretty_json(value)
