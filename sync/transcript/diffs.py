"""File changes to lines with a class and two line numbers, from a unified patch or from before and after."""

import difflib
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from sync.transcript.fields import at, count_at, text_at
from sync.transcript.highlight import escape_code
from sync.transcript.wording import one_line, plural

SHOWN_LINES = 2_000
COMPARED_LINES = 4_000
LINE_CHARACTERS = 4_000
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,\d+)? \+(\d{1,9})(?:,\d+)? @@")
_SIGNS = {"added": "+", "removed": "-", "hunk": "", "note": ""}
_NOISE = ("Index: ", "====", "diff --git", "index ", "new file mode", "deleted file mode", "\\ No newline")


class DiffLine(NamedTuple):
    """`kind` is added, removed, context, hunk or note."""

    kind: str
    old: int | None
    new: int | None
    text: str

    @property
    def signed(self) -> str:
        return _SIGNS.get(self.kind, " ") + self.text


@dataclass(frozen=True, slots=True)
class FileDiff:
    path: str
    additions: int
    deletions: int
    status: str
    lines: tuple[DiffLine, ...]
    cut: str

    @property
    def html(self) -> SafeString:
        """One span a line: its kind as a class, its numbers as data, its sign as text."""
        return mark_safe("".join(map(_span, self.lines)))  # noqa: S308 - _span escapes


def file_diff(data: Any) -> FileDiff | None:
    """One element of a session's diff; None when it names no file."""
    path = text_at(data, "file") or text_at(data, "path")
    if not path:
        return None
    before, after = at(data, "before"), at(data, "after")
    patch = text_at(data, "patch") or text_at(data, "diff")
    if not patch and isinstance(before, str) and isinstance(after, str):
        patch = unified(before, after)
    return patch_diff(patch, path=path, status=text_at(data, "status"), counts=_counts(data))


def patch_diff(patch: str, *, path: str, status: str = "", counts: tuple[int, int] | None = None) -> FileDiff:
    """A unified patch of one file; `counts` (added, removed) as the agent gave them, else counted here."""
    lines = parse_patch(patch)
    added = sum(line.kind == "added" for line in lines)
    removed = sum(line.kind == "removed" for line in lines)
    hidden = len(lines) - SHOWN_LINES
    return FileDiff(
        path=one_line(path),
        additions=counts[0] if counts else added,
        deletions=counts[1] if counts else removed,
        status=one_line(status, 20),
        lines=tuple(lines[:SHOWN_LINES]),
        cut=f"{plural(hidden, 'more line')} not shown here; the JSON export has them." if hidden > 0 else "",
    )


def parse_patch(patch: str) -> list[DiffLine]:
    """The lines of a unified patch; text without a hunk header is shown by its signs alone."""
    lines: list[DiffLine] = []
    old = new = 0
    in_hunk = False
    for text in patch.splitlines():
        hunk = _HUNK.match(text)
        if hunk:
            old, new, in_hunk = int(hunk[1]), int(hunk[2]), True
            lines.append(_line("hunk", None, None, text))
        elif text.startswith("+") and (in_hunk or not text.startswith("+++")):
            lines.append(_line("added", None, new or None, text[1:]))
            new += bool(new)
        elif text.startswith("-") and (in_hunk or not text.startswith("---")):
            lines.append(_line("removed", old or None, None, text[1:]))
            old += bool(old)
        elif in_hunk and not text.startswith(_NOISE):
            lines.append(_line("context", old, new, text[1:]))
            old, new = old + 1, new + 1
        elif not text.startswith((*_NOISE, "---", "+++")) and text.strip():
            lines.append(_line("note", None, None, text))
        else:
            in_hunk = in_hunk and not text.startswith(("Index: ", "diff --git"))
    return lines


def unified(before: str, after: str) -> str:
    """The patch between two texts; a patch of everything when they are too long to compare."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > COMPARED_LINES:
        return "\n".join(["(too long to compare; the new text)", *(f"+{line}" for line in new)])
    return "\n".join(difflib.unified_diff(old, new, lineterm="", n=3))


def _line(kind: str, old: int | None, new: int | None, text: str) -> DiffLine:
    cut = text if len(text) <= LINE_CHARACTERS else text[:LINE_CHARACTERS] + "…"
    return DiffLine(kind, old, new, cut.expandtabs(4))


def _span(line: DiffLine) -> str:
    numbers = f'data-old="{line.old or ""}" data-new="{line.new or ""}"'
    return f'<span class="line line-{line.kind}" {numbers}>{escape_code(line.signed)}\n</span>'


def _counts(data: Any) -> tuple[int, int] | None:
    if at(data, "additions") is None and at(data, "deletions") is None:
        return None
    return count_at(data, "additions"), count_at(data, "deletions")
