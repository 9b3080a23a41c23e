"""The content of the share page and of the session page: one page of a session, in bounded time and memory."""

from typing import Any

from opencode.lib.errors import NotFound
from sync.archive import read_warm
from sync.pages.frame import frame_context
from sync.pages.place import PagePosition, link
from sync.pages.reading import ReadableSession
from sync.ports import open_ask_keys
from sync.protocol.keys import info_key
from sync.store import EntryPosition, StateRead, Window, WindowRow, read_entries, read_window
from sync.transcript import (
    Document,
    Entry,
    Transcript,
    activity_of,
    build_document,
    entry_of,
    entry_output,
    outline_of,
    plural,
    render_entry,
    render_output,
    render_transcript,
)


def document_context(reading: ReadableSession, place: PagePosition, session_page: str = "") -> dict[str, Any]:
    """The template context of the conversation, for both audiences. Raises SessionGone for what was just erased."""
    info, shown = _entry_context(reading, place) if place.entry else _window_context(reading, place)
    return {**frame_context(reading, "page", info, session_page), "place": place, **shown}


def _window_context(reading: ReadableSession, place: PagePosition) -> tuple[Any, dict[str, Any]]:
    row = reading.session
    read = read_warm(lambda: read_window(row.pk, row.client_id, before=place.before, at=place.at))
    window = reading.shown(read)
    # An ended page of the session follows nothing, so asks are on the newest page alone.
    asks = _open_asks(reading) if window.later is None else []
    document = build_document([*window.rows, *asks])
    transcript = render_transcript(document, window.epoch, is_backwards=place.at is None, person=reading.person)
    earlier, later = _ends(window, transcript.cut, place)
    return document.info, {
        "transcript": transcript,
        "outline": outline_of(document),
        "activity": activity_of(document) if later is None else None,
        "is_empty": not document.messages,
        # New entries belong at the end: a page that does not show the end does not follow the session.
        "is_live": later is None,
        "earlier": link("before", earlier),
        "later": link("at", later),
        "epoch": window.epoch,
        "seq": window.head,
        "description": description(document, is_all=earlier is None and later is None),
    }


def _open_asks(reading: ReadableSession) -> list[WindowRow]:
    """What the session's agent waits for; members see it, readers by links do not."""
    keys = open_ask_keys(reading.session.pk) if reading.share is None else ()
    if not keys:
        return []
    state = read_warm(read_entries, reading.session.pk, keys)
    rows = state.rows if state is not None else []
    return [WindowRow(row.key, row.seq, len(row.content), row.content) for row in rows if not row.deleted]


def _ends(
    window: Window, cut: EntryPosition | None, place: PagePosition
) -> tuple[EntryPosition | None, EntryPosition | None]:
    if place.at is None:
        return cut or window.earlier, window.later
    return window.earlier, cut or window.later


def raw_output(reading: ReadableSession, key: str) -> str:
    """What the tool call of this key put out. Raises NotFound, SessionGone, EntryTooLarge and ServiceUnavailable."""
    entry, state = _one_entry(reading, key)
    return required_output(entry, state.epoch)


def required_output(entry: Entry, epoch: str) -> str:
    found = entry_output(entry, epoch)
    if not found:
        raise NotFound
    return found


def _entry_context(reading: ReadableSession, place: PagePosition) -> tuple[Any, dict[str, Any]]:
    """The context for one entry alone, which was too large to be shown among the others, or a page of its output."""
    entry, state = _one_entry(reading, place.entry)
    info = build_document([each for each in state.rows if each.key != place.entry]).info
    return info, {
        "transcript": entry_transcript(entry, state.epoch, place, person=reading.person),
        "is_empty": False,
        "is_live": False,
        "back": back_link(entry),
        "epoch": state.epoch,
        "seq": state.head,
        "description": "A part of a coding session.",
    }


def _one_entry(reading: ReadableSession, key: str) -> tuple[Entry, StateRead]:
    row = reading.session
    state = reading.shown(read_warm(read_entries, row.pk, [key, info_key(row.client_id)]))
    entries = [entry for entry in map(entry_of, state.rows) if entry is not None and entry.key == key]
    if not entries or entries[0].name.kind in {"info", "model"} or not entries[0].content:
        raise NotFound
    return entries[0], state


def entry_transcript(entry: Entry, epoch: str, place: PagePosition, *, person: str = "") -> Transcript:
    """The entry alone, or a page of its output. Raises NotFound when it has none."""
    if place.chunk is None:
        return render_entry(entry, epoch, person=person)
    shown = render_output(entry, epoch, place.chunk)
    if not shown.messages:
        raise NotFound
    return shown


def back_link(entry: Entry) -> str:
    """The address of the entry's place in the conversation; empty for what is not in it."""
    segments = entry.name.segments
    return f"{link('at', EntryPosition(*segments[:1]))}#{segments[-1]}" if segments else ""


def description(document: Document, *, is_all: bool) -> str:
    """A line for link previews: counts and models, never text of the session, which can hold a secret."""
    models = list(dict.fromkeys(filter(None, (message.head.model for message in document.messages))))
    facts = [plural(len(document.messages), "message")] if is_all else []
    if models:
        facts.append("with " + ", ".join(models[:3]))
    return " ".join(["A coding session:" if is_all else "A long coding session", *facts]) + "."
