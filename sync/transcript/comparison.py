"""Compares a session's entries between two of its states, for a person to read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from sync.protocol.keys import parse_key
from sync.render.entries import Job
from sync.transcript.document import Row
from sync.transcript.workers.pool import POOL, Task

SHOWN_CHANGES: Final = 200
SHOWN_CHARACTERS: Final = 400_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of all entries; `changes` are folds, in the order of the later state's keys."""

    added: int
    changed: int
    removed: int
    same: int
    changes: tuple[SafeString, ...]

    @property
    def hidden(self) -> int:
        return self.added + self.changed + self.removed - len(self.changes)


def compare_states(then: Iterable[Row], now: Iterable[Row], *, shown_changes: int = SHOWN_CHANGES) -> Comparison:
    """Compare two states without tombstones. Entries are equal when their texts are, whatever their numbers."""
    before = {row.key: row.content for row in then}
    after = {row.key: row.content for row in now}
    added = [key for key in after if key not in before]
    removed = [key for key in before if key not in after]
    changed = [key for key in after if key in before and before[key] != after[key]]
    shown = sorted([*added, *changed, *removed], key=_reading_order)[:shown_changes]
    return Comparison(
        added=len(added),
        changed=len(changed),
        removed=len(removed),
        same=len(after) - len(added) - len(changed),
        changes=_folds(shown, before, after),
    )


def _reading_order(key: str) -> tuple[bool, str, str]:
    """A sort key: what is about the whole session first, then each message with its parts; agents' ids sort by time."""
    name = parse_key(key)
    return (bool(name and name.segments), name.segments[0] if name and name.segments else "", key)


def _folds(keys: list[str], before: Mapping[str, str], after: Mapping[str, str]) -> tuple[SafeString, ...]:
    """As many changes as fit into the time and the page; the others count as hidden."""

    def task(key: str) -> Task:
        return Task(None, lambda: Job("change", key, 0, after.get(key, ""), before.get(key, "")))

    outcomes = POOL.render(("comparison", id(before)), [task(key) for key in keys], POOL.patience())
    folds: list[SafeString] = []
    characters = 0
    for outcome in outcomes:
        if outcome.rendered is None or characters + len(outcome.rendered.text) > SHOWN_CHARACTERS:
            continue
        characters += len(outcome.rendered.text)
        folds.append(mark_safe(outcome.rendered.text))  # noqa: S308 - rendered in the worker, which escapes
    return tuple(folds)
