"""File changes as lines with a class and two line numbers, from a unified patch or from the texts before and after."""

import difflib
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sync.render.effort import is_cautious
from sync.render.fields import at, count_at, text_at
from sync.render.highlight import escape_code
from sync.render.html import Html, block, joined, lines, tag
from sync.render.wording import plural, short_line

SHOWN_LINES: Final = 2_000
SHOWN_HUNKS: Final = 100
# Hunks of a change of up to this many lines are shown open.
OPEN_LINES: Final = 60
COMPARED_LINES: Final = 4_000
# The differ's time grows with the pairs of equal lines of the two texts: this many take 40 ms at most.
COMPARED_PAIRS: Final = 60_000
LINE_CHARACTERS: Final = 4_000
_HUNK: Final = re.compile(r"@@ -(\d{1,9})(?:,\d+)? \+(\d{1,9})(?:,\d+)? @@")
# The names that tools and versions of the agent use for it, the shortest path first.
_PATHS: Final = ("relativePath", "file", "path", "filePath")
_SIGNS: Final = {"added": "+", "removed": "-", "hunk": "", "note": ""}
_NOISE: Final = ("Index: ", "====", "diff --git", "index ", "new file mode", "deleted file mode", "\\ No newline")


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
    def html(self) -> Html:
        """One span a line: its kind as a class, its numbers as data, its sign as text."""
        return Html("".join(map(_span, self.lines)))


def file_diff(data: Any) -> FileDiff | None:
    """One element of a session's diff; None when it names no file."""
    path = next(filter(None, (text_at(data, name) for name in _PATHS)), "")
    if not path:
        return None
    before, after = at(data, "before"), at(data, "after")
    patch = text_at(data, "patch") or text_at(data, "diff")
    if not patch and isinstance(before, str) and isinstance(after, str):
        patch = unified(before, after)
    status = text_at(data, "status") or text_at(data, "type")
    return patch_diff(patch, path=path, status=status, counts=_counts(data))


def patch_diff(patch: str, *, path: str, status: str = "", counts: tuple[int, int] | None = None) -> FileDiff:
    """A unified patch of one file; `counts` (added, removed) as the agent gave them, otherwise counted here."""
    parsed = parse_patch(patch)
    added = sum(line.kind == "added" for line in parsed)
    removed = sum(line.kind == "removed" for line in parsed)
    hidden = len(parsed) - SHOWN_LINES
    return FileDiff(
        path=short_line(path),
        additions=counts[0] if counts else added,
        deletions=counts[1] if counts else removed,
        status=short_line(status, 20),
        lines=tuple(parsed[:SHOWN_LINES]),
        cut=f"{plural(hidden, 'more line')} not shown here; the JSON export has them." if hidden > 0 else "",
    )


def parse_patch(patch: str) -> list[DiffLine]:
    """The lines of a unified patch; text without a hunk header is classified by its signs alone."""
    found: list[DiffLine] = []
    old = new = 0
    in_hunk = False
    for text in patch.splitlines():
        hunk = _HUNK.match(text)
        if hunk:
            old, new, in_hunk = int(hunk[1]), int(hunk[2]), True
            found.append(_line("hunk", None, None, text))
        elif text.startswith("+") and (in_hunk or not text.startswith("+++")):
            found.append(_line("added", None, new or None, text[1:]))
            new += bool(new)
        elif text.startswith("-") and (in_hunk or not text.startswith("---")):
            found.append(_line("removed", old or None, None, text[1:]))
            old += bool(old)
        elif in_hunk and not text.startswith(_NOISE):
            found.append(_line("context", old, new, text[1:]))
            old, new = old + 1, new + 1
        elif not text.startswith((*_NOISE, "---", "+++")) and text.strip():
            found.append(_line("note", None, None, text))
        else:
            in_hunk = in_hunk and not text.startswith(("Index: ", "diff --git"))
    return found


def unified(before: str, after: str) -> str:
    """The patch between two texts; one that replaces everything when comparing them would take too long."""
    old, new = before.splitlines(), after.splitlines()
    if is_cautious() or len(old) + len(new) > COMPARED_LINES:
        return "\n".join(["(too long to compare; the new text)", *(f"+{line}" for line in new)])
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    inner = old[start : len(old) - end], new[start : len(new) - end]
    counts = Counter(inner[0])
    if sum(counts[line] for line in inner[1]) > COMPARED_PAIRS:
        head = f"@@ -{start + 1},{len(inner[0])} +{start + 1},{len(inner[1])} @@"
        return "\n".join([head, *(f"-{line}" for line in inner[0]), *(f"+{line}" for line in inner[1])])
    return "\n".join(difflib.unified_diff(old, new, lineterm="", n=3))


def _common(one: list[str], other: list[str]) -> int:
    """How many lines both texts have in common at the beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


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


def diff_figure(file: FileDiff) -> Html:
    """A file's change as one of a tool call's blocks."""
    status = tag("span", file.status, class_="badge") if file.status else None
    caption = block("figcaption", tag("bdi", file.path), status, counts_html(file.additions, file.deletions))
    return block("figure", caption, diff_lines(file), class_="code-block code-diff")


def diff_fold(file: FileDiff, *, is_open: bool) -> Html:
    """A file's change in a list of changed files."""
    summary = block(
        "summary",
        tag("bdi", file.path, class_="path"),
        tag("span", file.status, class_="badge") if file.status else None,
        counts_html(file.additions, file.deletions),
    )
    return block("details", summary, diff_lines(file), class_="file-diff", data_fold=file.path, open=is_open)


def diff_lines(file: FileDiff) -> Html:
    if not file.lines:
        return tag("p", "No lines were kept of this change.", class_="cut")
    shown = tag("pre", tag("code", file.html), class_="listing diff-lines", tabindex=0)
    return lines(shown, tag("p", file.cut, class_="cut") if file.cut else None)


def hunk_folds(file: FileDiff) -> Html:
    """A file's lines, each hunk a fold that names its place; open when the change is short."""
    if not file.lines:
        return diff_lines(file)
    hunks: list[list[DiffLine]] = [[]]
    for line in file.lines:
        if line.kind == "hunk":
            hunks.append([])
        hunks[-1].append(line)
    shown = [hunk for hunk in hunks if hunk][:SHOWN_HUNKS]
    is_open = len(file.lines) <= OPEN_LINES
    hidden = sum(map(bool, hunks)) - len(shown)
    rest = f"{plural(hidden, 'more hunk')} not shown here; the JSON export has them." if hidden > 0 else file.cut
    return lines(*(_hunk(hunk, is_open) for hunk in shown), tag("p", rest, class_="cut") if rest else None)


def _hunk(hunk: list[DiffLine], is_open: bool) -> Html:
    has_head = hunk[0].kind == "hunk"
    added, removed = (sum(line.kind == kind for line in hunk) for kind in ("added", "removed"))
    place = tag("bdi", short_line(hunk[0].text, 120), class_="hunk-place") if has_head else "Change"
    code = Html("".join(map(_span, hunk[has_head:])))
    shown = tag("pre", tag("code", code), class_="listing diff-lines", tabindex=0)
    return block("details", block("summary", place, counts_html(added, removed)), shown, class_="hunk", open=is_open)


def counts_html(additions: int, deletions: int) -> Html:
    added = tag("span", f"+{additions}", tag("span", " lines added", class_="visually-hidden"), class_="count-added")
    removed = tag(
        "span", f"−{deletions}", tag("span", " lines removed", class_="visually-hidden"), class_="count-removed"
    )
    return tag("span", joined(added, removed, by=" "), class_="counts")
