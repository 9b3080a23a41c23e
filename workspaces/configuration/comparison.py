"""Two versions of a configuration, line by line."""

from difflib import SequenceMatcher
from typing import Final, NamedTuple

CONTEXT_LINES: Final = 3


class ComparedLine(NamedTuple):
    """`kind` is same, added, removed or gap; a gap stands for `text` lines that are the same."""

    kind: str
    old: int | None
    new: int | None
    text: str


def compared(old_text: str, new_text: str) -> list[ComparedLine]:
    """What changed, with a few lines around; empty when nothing did."""
    old, new = old_text.splitlines(), new_text.splitlines()
    lines: list[ComparedLine] = []
    reached = 0
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT_LINES):
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
