"""Fragments: the HTML of one entry, named by (epoch, key, seq) and rendered once a process.

A fragment depends on nothing but its entry, so whoever may read the entry may be given it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sync.transcript.cache import RenderCache
from sync.transcript.changes import changes_section
from sync.transcript.code import code_block
from sync.transcript.document import Entry, Message, Part, Row, entry_of, message_of, message_order, part_of
from sync.transcript.fields import pretty_json
from sync.transcript.legacy import modern_message
from sync.transcript.messages import message_frame
from sync.transcript.parts import part_body
from sync.transcript.templates import fill
from sync.transcript.wording import one_line

log = logging.getLogger(__name__)

CACHE_BYTES = 96 * 1024 * 1024
CACHE = RenderCache(CACHE_BYTES)


@dataclass(frozen=True, slots=True)
class Fragment:
    """`html` is empty where an entry shows nothing; `parent` is a part's message; `order` sorts siblings as text."""

    key: str
    seq: int
    kind: str
    html: str
    parent: str | None = None
    order: str = ""


def fragment_of(row: Row, epoch: str) -> Fragment | None:
    """The fragment of a stored row; None for a kind that no page shows by itself (info, models) or a foreign key."""
    entry = entry_of(row)
    if entry is None or entry.name.kind in {"info", "model"}:
        return None
    if entry.name.kind == "message":
        message = message_of(entry)
        return Fragment(entry.key, entry.seq, "message", message_html(message, epoch), order=message.order)
    if entry.name.kind == "part":
        part = part_of(entry)
        return Fragment(entry.key, entry.seq, "part", part_html(part, epoch), parent=part.message_id, order=part.id)
    render = diff_html if entry.name.kind == "diff" else other_html
    kind = "diff" if entry.name.kind == "diff" else "other"
    return Fragment(entry.key, entry.seq, kind, render(entry, epoch), order=entry.key)


def message_html(message: Message, epoch: str) -> str:
    return _cached(message.entry, epoch, lambda: message_frame(message))


def part_html(part: Part, epoch: str) -> str:
    return _cached(part.entry, epoch, lambda: _part(part))


def diff_html(entry: Entry, epoch: str) -> str:
    return _cached(entry, epoch, lambda: changes_section(entry))


def other_html(entry: Entry, epoch: str) -> str:
    return _cached(entry, epoch, lambda: _other(entry))


def fragments_forget(epoch: str) -> None:
    """Drop what this process holds of an erased session; what others hold is asked for by nobody and goes by itself."""
    CACHE.discard(lambda name: isinstance(name, tuple) and name[0] == epoch)


def _cached(entry: Entry, epoch: str, render: Callable[[], str]) -> str:
    return CACHE.get_or_render((epoch, entry.key, entry.seq), lambda: _bounded(entry, render))


def _bounded(entry: Entry, render: Callable[[], str]) -> str:
    """Whatever an entry holds, it costs its own place at most, never the page."""
    try:
        return render()
    except Exception:
        log.exception("entry could not be rendered", extra={"key": entry.key, "seq": entry.seq})
        return fill("broken", {"entry": entry, **_place(entry)})


def _place(entry: Entry) -> dict[str, str]:
    segments = entry.name.segments
    if entry.name.kind == "message":
        order = message_order(segments[0], modern_message(entry.data))
        return {"element_id": segments[0], "order": order}
    return {"element_id": segments[-1] if segments else "", "order": segments[-1] if segments else ""}


def _part(part: Part) -> str:
    body = part_body(part.entry.data)
    if not body:
        return ""
    return fill("part", {"part": part, "body": body})


def _other(entry: Entry) -> str:
    block = code_block(pretty_json(entry.data), language="json")
    context = {"entry": entry, "kind": one_line(entry.name.kind, 80), "block": block}
    return fill("other", context)
