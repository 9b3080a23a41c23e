"""The files that a session's tool calls changed, each with its changes in the order they were made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from django.utils.safestring import SafeString, mark_safe

from sync.render.edits import FILE_SLOT, EditedFile
from sync.render.entries import Job
from sync.render.large import byte_count
from sync.transcript.document import Entry
from sync.transcript.filetree import TreeLine, tree_lines
from sync.transcript.workers.pool import POOL, Task

SHOWN_BYTES: Final = 200_000
# A larger change is a link to its call in the conversation.
EDIT_BYTES: Final = 48 * 1024
SHOWN_FILES: Final = 300
_decode_files = msgspec.json.Decoder(list[EditedFile]).decode


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one file, by the call with this key; `html` is empty when the page has no room for it."""

    html: SafeString
    additions: int
    deletions: int
    message_id: str
    part_id: str


@dataclass(slots=True)
class ChangedFile:
    path: str
    number: int
    edits: list[Edit] = field(default_factory=list)

    @property
    def additions(self) -> int:
        return sum(edit.additions for edit in self.edits)

    @property
    def deletions(self) -> int:
        return sum(edit.deletions for edit in self.edits)


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """`is_partial`: some calls are not in it, as they wait for their rendering or take too long to read."""

    files: tuple[ChangedFile, ...]
    tree: tuple[TreeLine, ...]
    is_partial: bool


def render_changes(parts: Sequence[Entry], epoch: str, directory: str = "") -> SessionChanges:
    """What these parts changed, read in the order they are given; files by the place of their first change.

    Paths inside `directory`, where the agent was started, are shown from there on.
    """
    outcomes = POOL.render(epoch, [_task(entry, epoch) for entry in parts], POOL.patience())
    files: dict[str, ChangedFile] = {}
    room, is_partial = SHOWN_BYTES, False
    for entry, outcome in zip(parts, outcomes, strict=True):
        if outcome.rendered is None:
            is_partial = True
            continue
        pieces = outcome.rendered.text.split(FILE_SLOT)
        for html, edited in zip(pieces, _decode_files(outcome.rendered.label), strict=False):
            size = byte_count(html)
            is_shown = size <= min(room, EDIT_BYTES)
            room -= size if is_shown else 0
            path = edited.path.removeprefix(directory.rstrip("/") + "/") if directory else edited.path
            file = files.setdefault(path, ChangedFile(path, len(files) + 1))
            file.edits.append(_edit(html if is_shown else "", edited, entry))
    shown = tuple(files.values())[:SHOWN_FILES]
    tree = tree_lines({file.path: file.number for file in shown})
    return SessionChanges(shown, tuple(tree), is_partial or len(files) > SHOWN_FILES)


def _task(entry: Entry, epoch: str) -> Task:
    return Task((epoch, entry.key, entry.seq, "edits"), lambda: Job("edits", entry.key, entry.seq, entry.content))


def _edit(html: str, edited: EditedFile, entry: Entry) -> Edit:
    shown = mark_safe(html)  # noqa: S308 - rendered in the worker, which escapes
    return Edit(shown, edited.additions, edited.deletions, *entry.name.segments)
