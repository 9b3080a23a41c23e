"""Two versions of a configuration, line by line."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from operator import eq
from typing import Final, NamedTuple

CONTEXT_LINES: Final = 3
MATCHED_LINES: Final = 2_000
"""How many lines, of both texts together, are matched at most, between their first and last difference."""

Opcode = tuple[str, int, int, int, int]


class ComparedLine(NamedTuple):
    """`kind` is same, added, removed or gap; a gap stands for `text` lines that are the same."""

    kind: str
    old: int | None
    new: int | None
    text: str


def compared(old_text: str, new_text: str) -> list[ComparedLine]:
    """What changed, with a few lines around; empty when nothing did.

    Texts that differ over more than MATCHED_LINES are shown as the old lines and then the new ones: matching costs the
    square of their number.
    """
    old, new = old_text.splitlines(), new_text.splitlines()
    lines: list[ComparedLine] = []
    reached = 0
    for group in _grouped(old, new):
        if skipped := group[0][1] - reached:
            lines.append(ComparedLine("gap", None, None, str(skipped)))
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                pairs = zip(range(old_from, old_to), range(new_from, new_to), strict=True)
                lines += [ComparedLine("same", at + 1, to + 1, old[at]) for at, to in pairs]
                continue
            lines += [ComparedLine("removed", at + 1, None, old[at]) for at in range(old_from, old_to)]
            lines += [ComparedLine("added", None, at + 1, new[at]) for at in range(new_from, new_to)]
        reached = group[-1][2]
    if lines and (skipped := len(old) - reached):
        lines.append(ComparedLine("gap", None, None, str(skipped)))
    return lines


def _grouped(old: list[str], new: list[str]) -> list[list[Opcode]]:
    """What changed, in groups with CONTEXT_LINES around, as the matcher's opcodes; only what differs is matched."""
    if old == new:
        return []
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    before, after = min(head, CONTEXT_LINES), min(tail, CONTEXT_LINES)
    start = head - before
    olds, news = old[start : len(old) - tail + after], new[start : len(new) - tail + after]
    if len(olds) + len(news) > MATCHED_LINES:
        return [_replaced(start, before, after, len(olds), len(news))]
    groups = SequenceMatcher(None, olds, news).get_grouped_opcodes(CONTEXT_LINES)
    return [[_moved(opcode, start) for opcode in group] for group in groups]


def _moved(opcode: Opcode, by: int) -> Opcode:
    kind, old_from, old_to, new_from, new_to = opcode
    return kind, old_from + by, old_to + by, new_from + by, new_to + by


def _replaced(start: int, before: int, after: int, olds: int, news: int) -> list[Opcode]:
    old_from, old_to, new_to = start + before, start + olds - after, start + news - after
    return [
        ("equal", start, old_from, start, old_from),
        ("replace", old_from, old_to, old_from, new_to),
        ("equal", old_to, old_to + after, new_to, new_to + after),
    ]


def _alike(some: Sequence[str], others: Sequence[str]) -> int:
    """How many lines at the beginning are the same in both."""
    return sum(1 for _ in takewhile(bool, map(eq, some, others)))
