"""The session's diff: every changed file with its lines."""

from typing import Any, Final, NamedTuple

from sync.render.diffs import FileDiff, counts_html, diff_fold, file_diff
from sync.render.html import NOTHING, Html, block, lines
from sync.render.wording import plural

SHOWN_FILES: Final = 300
# Changes of up to this many lines are shown open.
SHORT_LINES: Final = 60


def changed_files(data: Any) -> list[FileDiff]:
    """The files of a `session/diff` entry, in any of the shapes agents have used."""
    if isinstance(data, dict):
        data = data.get("diffs") if isinstance(data.get("diffs"), list) else list(data.values())
    if not isinstance(data, list):
        return []
    return [diff for diff in map(file_diff, data[:SHOWN_FILES]) if diff is not None]


class Changes(NamedTuple):
    """Changed files, as shown."""

    files: list[FileDiff]

    @property
    def label(self) -> str:
        return plural(len(self.files), "file") + " changed"

    @property
    def counts(self) -> Html:
        return counts_html(sum(file.additions for file in self.files), sum(file.deletions for file in self.files))

    @property
    def folds(self) -> Html:
        """Each file as a fold, all open when the changes are short."""
        is_short = sum(len(file.lines) for file in self.files) <= SHORT_LINES
        return lines(*(diff_fold(file, is_open=is_short) for file in self.files))


def changes_section(key: str, seq: int, data: Any) -> Html:
    """The session's own diff; empty when nothing changed."""
    changes = Changes(changed_files(data))
    if not changes.files:
        return NOTHING
    heading = block("h2", changes.label, changes.counts)
    return block("section", heading, changes.folds, class_="changes", data_key=key, data_seq=seq, aria_label="changes")
