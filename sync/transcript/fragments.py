"""Fragments: the HTML of one entry, named by (epoch, key, seq) and rendered once in each process.

What is kept of it depends on nothing but its entry, so every reader who may read the entry may have it; the name of the
person who wrote a message is put in for each reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sync.protocol.keys import ASK_KIND
from sync.render.entries import Job
from sync.render.large import LARGE_BYTES, byte_count, large_note, large_part
from sync.render.messages import named
from sync.render.order import message_head
from sync.render.plain import BROKEN_WORDS, FAILED_WORDS, WAITING_WORDS, plain_entry
from sync.transcript.document import Entry, Row, entry_of
from sync.transcript.workers.pool import POOL, Outcome, Task
from sync.transcript.workers.turns import Patience

UNSHOWN: Final = frozenset({"info", "model"})


@dataclass(frozen=True, slots=True)
class Fragment:
    """`html` is empty when an entry shows nothing; `parent` is a part's message; `order` sorts siblings as text.

    While `is_plain`, `html` is the entry's plain text, and the rendered HTML can be requested later.
    """

    key: str
    seq: int
    kind: str
    html: str
    parent: str | None = None
    order: str = ""
    is_plain: bool = False


def fragments_of(rows: Sequence[Row], epoch: str, *, is_whole: bool = False, person: str = "") -> list[Fragment]:
    """The fragments of stored rows; none for kinds that no page shows by themselves (info, models) or unknown keys.

    An entry too large to be shown among others is replaced by a link, unless `is_whole`. `person` is the name of
    whoever wrote the messages of role user, for readers who may know it.
    """
    entries = [entry for entry in map(entry_of, rows) if entry is not None and entry.name.kind not in UNSHOWN]
    shown = entries_html(entries, epoch, POOL.patience(), is_whole=is_whole)
    return [
        _fragment(entry, named(html, person), is_plain) for entry, (html, is_plain) in zip(entries, shown, strict=True)
    ]


def entries_html(
    entries: Sequence[Entry], epoch: str, patience: Patience, *, is_whole: bool = False
) -> list[tuple[str, bool]]:
    """The HTML of each entry, in their order, and whether it is only plain text in place of the rendering."""
    small = [entry for entry in entries if not entry.is_cut]
    outcomes = iter(POOL.render(epoch, [_task(entry, epoch, is_whole) for entry in small], patience))
    shown: list[tuple[str, bool]] = []
    for entry in entries:
        if entry.is_cut:
            shown.append((_cut_html(entry), False))
            continue
        outcome = next(outcomes)
        shown.append((_html(entry, outcome, is_whole), outcome.waits))
    return shown


def fragments_invalidate(epoch: str) -> None:
    """Drop this process's fragments of an erased session; other processes' are never requested again and expire."""
    POOL.invalidate(epoch)


def _task(entry: Entry, epoch: str, is_whole: bool) -> Task:
    # Only a message's HTML is different when shown alone.
    is_whole = is_whole and entry.name.kind == "message"
    name = (epoch, entry.key, entry.seq, is_whole)
    return Task(name, lambda: Job("html", entry.key, entry.seq, entry.content, is_whole=is_whole))


def _html(entry: Entry, outcome: Outcome, is_whole: bool) -> str:
    rendered = outcome.rendered
    if rendered is None:
        words = WAITING_WORDS if outcome.waits else BROKEN_WORDS if outcome.is_broken else FAILED_WORDS
        return plain_entry(entry.key, entry.name, entry.seq, entry.content, words)
    size = byte_count(rendered.text)
    if is_whole or size <= LARGE_BYTES or entry.name.kind == "message":
        return rendered.text
    return large_part(entry.key, entry.name, entry.seq, rendered.label, size)


def _cut_html(entry: Entry) -> str:
    """The HTML of an entry whose content was too large to be read for a page."""
    if entry.name.kind == "message":
        note = large_note(entry.key, "This message", entry.size)
        return plain_entry(entry.key, entry.name, entry.seq, entry.content, note)
    label = "Changed files" if entry.name.kind == "diff" else "This entry"
    return large_part(entry.key, entry.name, entry.seq, label, entry.size)


def _fragment(entry: Entry, html: str, is_plain: bool) -> Fragment:
    name = entry.name
    if name.kind == "message":
        order = message_head(name.segments[0], entry.content).order
        return Fragment(entry.key, entry.seq, "message", html, order=order, is_plain=is_plain)
    if name.kind == "part":
        parent, part_id = name.segments
        return Fragment(entry.key, entry.seq, "part", html, parent, part_id, is_plain)
    kind = name.kind if name.kind in {"diff", ASK_KIND} else "other"
    return Fragment(entry.key, entry.seq, kind, html, order=entry.key, is_plain=is_plain)
