"""What a tool call changed in files: a diff of each, for the call itself and for the list of a session's changes."""

from typing import Any, Final

import msgspec

from sync.protocol.toolcalls import tool_outcome
from sync.render.diffs import FileDiff, file_diff, hunk_folds, patch_diff, unified
from sync.render.fields import dict_at, list_at, text_at
from sync.render.html import Html, joined

SHOWN_FILES: Final = 40
# Between the files of one call. Untrusted text can never contain this: all text is escaped.
FILE_SLOT: Final = Html("<!--file-->")
_SINGLE: Final = frozenset({"edit", "write"})
_PATCHES: Final = frozenset({"patch", "apply_patch"})
EDITORS: Final = _SINGLE | _PATCHES | {"multiedit"}


class EditedFile(msgspec.Struct, array_like=True, frozen=True):
    """A file that a call changed: its path and how many lines, as the label of a rendering has them."""

    path: str
    additions: int
    deletions: int


def edited_files(tool: str, given: dict[str, Any], notes: dict[str, Any]) -> list[FileDiff]:
    """The files that a call of an editing tool changed, by its `input` and its `metadata`; none for other tools."""
    path = text_at(given, "filePath") or text_at(given, "path")
    if tool in _SINGLE:
        return [patch_diff(text_at(notes, "diff") or _written(tool, given), path=path)]
    if tool == "multiedit":
        edits = list_at(given, "edits")[:SHOWN_FILES]
        patches = [unified(text_at(edit, "oldString"), text_at(edit, "newString")) for edit in edits]
        return [patch_diff(patch, path=path) for patch in patches]
    return list(filter(None, map(file_diff, list_at(notes, "files")[:SHOWN_FILES]))) if tool in _PATCHES else []


def edits_html(part: Any) -> tuple[Html, str]:
    """The changes of a completed call, one after another with FILE_SLOT between them, and which files they are of.

    The second is JSON: EditedFile by EditedFile. Both are empty for any other part, and for a call that failed.
    """
    tool, state = text_at(part, "tool").removeprefix("opencode_"), dict_at(part, "state")
    if tool not in EDITORS or text_at(state, "status") != "completed" or tool_outcome(part).has_failed:
        return Html(""), "[]"
    files = edited_files(tool, dict_at(state, "input"), dict_at(state, "metadata"))
    about = [EditedFile(file.path or "(no name)", file.additions, file.deletions) for file in files]
    return joined(*map(hunk_folds, files), by=FILE_SLOT), msgspec.json.encode(about).decode()


def _written(tool: str, given: dict[str, Any]) -> str:
    """The patch of a call that kept none: what it replaced, or all of a file that it wrote."""
    if tool == "write":
        return unified("", text_at(given, "content"))
    return unified(text_at(given, "oldString"), text_at(given, "newString"))
