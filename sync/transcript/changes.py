"""The session's diff: every changed file with its lines."""

from typing import Any

from django.utils.safestring import SafeString

from sync.transcript.diffs import FileDiff, file_diff
from sync.transcript.document import Entry
from sync.transcript.templates import fill
from sync.transcript.wording import plural

SHOWN_FILES = 300
# Changes of so many lines are shown open.
SHORT_LINES = 60


def changed_files(data: Any) -> list[FileDiff]:
    """The files of a `session/diff` entry, whichever shape an agent gave it."""
    if isinstance(data, dict):
        data = data.get("diffs") if isinstance(data.get("diffs"), list) else list(data.values())
    if not isinstance(data, list):
        return []
    return [diff for diff in map(file_diff, data[:SHOWN_FILES]) if diff is not None]


def changes_facts(files: list[FileDiff]) -> dict[str, Any]:
    """What a template shows of changed files; empty for none."""
    if not files:
        return {}
    return {
        "files": files,
        "label": plural(len(files), "file") + " changed",
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "is_short": sum(len(file.lines) for file in files) <= SHORT_LINES,
    }


def changes_section(entry: Entry) -> SafeString:
    """Empty when nothing changed."""
    facts = changes_facts(changed_files(entry.data))
    return fill("changes", {"entry": entry, "changes": facts}) if facts else SafeString()
