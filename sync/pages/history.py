"""A session's history: its snapshots, one of them as a page, and the changes between it and now."""

import copy
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import msgspec
import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from opencode.lib.errors import NotFound, ServiceUnavailable
from opencode.lib.storage import storage_errors
from sync.archive import SnapshotDamaged, read_warm, snapshot_open, stored_snapshots
from sync.errors import SessionGone
from sync.models import Session, Snapshot
from sync.pages.documents import entry_transcript, required_output
from sync.pages.frame import frame_context
from sync.pages.pages import plain_text
from sync.pages.place import PagePosition, link
from sync.pages.reading import ReadableSession, member_reading, read_only
from sync.protocol.keys import is_ask_key
from sync.protocol.tally import summary_columns
from sync.store import SnapshotEntry, read_state
from sync.transcript import (
    Entry,
    SessionFacts,
    ShownState,
    build_document,
    byte_size,
    compare_states,
    document_before,
    entry_of,
    render_transcript,
    session_facts,
)

log = structlog.get_logger(__name__)
# The retention keeps fewer; any more wait to be pruned.
LISTED: Final = 200


def unreadable() -> tuple[type[Exception], ...]:
    """The exceptions of a snapshot that is unreachable or damaged."""
    return (*storage_errors(), EOFError, zlib.error, SnapshotDamaged, msgspec.DecodeError)


@read_only
def snapshot_list(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    """All stored snapshots, the newest first."""
    reading = member_reading(request, slug, client_id, is_page=True)
    listed = [(snapshot, byte_size(snapshot.bytes)) for snapshot in stored_snapshots(reading.session)[:LISTED]]
    context = {**frame_context(reading, "history", {}), **history_context(reading), "snapshots": listed}
    return _uncached(render(request, "sync/history.html", context))


@read_only
def snapshot_page(request: HttpRequest, slug: str, client_id: str, snapshot_id: str) -> HttpResponse:
    """The session as it was then: the same document as the session page, without anything live."""
    reading = member_reading(request, slug, client_id, is_page=True)
    snapshot = snapshot_of(reading.session, snapshot_id)
    rows = living_entries(snapshot)
    place = PagePosition.of(request)
    entry = entry_named(rows, place.entry) if place.entry else None
    if entry is not None and place.is_raw:
        return plain_text(required_output(entry, snapshot.epoch))
    document = build_document(rows)
    if place.before is not None:
        document = document_before(document, *place.before)
    is_alone = entry is not None
    transcript = (
        entry_transcript(entry, snapshot.epoch, place, person=reading.person)
        if entry is not None
        else render_transcript(document, snapshot.epoch, person=reading.person)
    )
    context = {
        **history_context(reading),
        "snapshot": snapshot,
        "links": {"page": reading.url("page")},
        "facts": _facts_then(reading.session, snapshot, rows, document.info),
        "transcript": transcript,
        "earlier": link("before", transcript.cut),
        "later": is_alone or link("at", place.before),
        "is_empty": not document.messages,
    }
    return _uncached(render(request, "sync/snapshot.html", context))


@read_only
def snapshot_compare(request: HttpRequest, slug: str, client_id: str, snapshot_id: str) -> HttpResponse:
    """What was added, changed and removed between the snapshot and now."""
    reading = member_reading(request, slug, client_id, is_page=True)
    snapshot = snapshot_of(reading.session, snapshot_id)
    then = living_entries(snapshot)
    now = read_warm(read_state, reading.session.pk)
    if now is None:
        raise SessionGone
    context = {
        **history_context(reading),
        "snapshot": snapshot,
        "comparison": compare_states(then, [row for row in now.rows if not is_ask_key(row.key)]),
        "head": now.head,
    }
    return _uncached(render(request, "sync/snapshot_compare.html", context))


def history_context(reading: ReadableSession) -> dict[str, Any]:
    """The context that every page of the history needs."""
    assert reading.access is not None
    return {
        "access": reading.access,
        "nav": "sessions",
        "reading": reading,
        "session": reading.session,
        "may_restore": reading.access.can("session.restore"),
    }


def snapshot_of(session: Session, snapshot_id: str) -> Snapshot:
    """The session's stored snapshot of that id. Raises NotFound, for another session's snapshot too."""
    snapshot = stored_snapshots(session).filter(pk=int(snapshot_id)).first()
    if snapshot is None:
        raise NotFound("There is no such snapshot, or it was kept long enough.")
    return snapshot


def entry_named(rows: Sequence[SnapshotEntry], key: str) -> Entry:
    """Raises NotFound when a page shows no such entry by itself."""
    entries = [entry for entry in map(entry_of, rows) if entry is not None and entry.key == key]
    if not entries or entries[0].name.kind in {"info", "model"}:
        raise NotFound
    return entries[0]


def living_entries(snapshot: Snapshot) -> list[SnapshotEntry]:
    """The entries that are not tombstones, without asks, in the order of their numbers."""
    with storage_refusals(snapshot), snapshot_open(snapshot) as opened:
        return [entry for entry in opened.entries if not entry.deleted and not is_ask_key(entry.key)]


@contextmanager
def storage_refusals(snapshot: Snapshot) -> Iterator[None]:
    """Context manager. Raises ServiceUnavailable when the snapshot is unreachable or damaged."""
    try:
        yield
    except unreadable() as error:
        log.exception("snapshot_unreadable", session=snapshot.session_id, object=snapshot.object_name)
        raise ServiceUnavailable("The snapshot cannot be read now.") from error


def _facts_then(session: Session, snapshot: Snapshot, rows: list[SnapshotEntry], info: Any) -> SessionFacts:
    """The header as it was then. The state stays that of the moment, whatever the page's clock says."""
    then = copy.copy(session)
    for name, value in summary_columns(session.client_id, ((row.key, row.content) for row in rows)).items():
        setattr(then, name, value)
    then.last_activity_at = snapshot.created_at
    facts = session_facts(then, info, snapshot.created_at)
    return replace(facts, state=ShownState(facts.state.word, facts.state.since))


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-cache"
    return response
