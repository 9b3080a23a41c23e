"""What failed in a session: how much of it, from the turns' rows, and the way to the first."""

from django.http import HttpResponseRedirect

from sync.archive import read_warm
from sync.models import Session
from sync.pages.place import link
from sync.pages.reading import ReadableSession
from sync.protocol.toolcalls import tool_outcome
from sync.store import EntryPosition, read_failures, read_window
from sync.transcript import build_document


def failures_of(session: Session) -> int:
    """How many tool calls and messages failed; 0 while the session's turns are still to be counted."""
    return read_failures(session.pk).total if session.turn_seq == session.head_seq else 0


def first_failure(reading: ReadableSession) -> HttpResponseRedirect:
    """To the first failed call, in the page that begins with it; to the session's page when nothing failed."""
    row = reading.session
    message_id = read_failures(row.pk).first_message
    if not message_id:
        return HttpResponseRedirect(reading.url("page"))
    at = EntryPosition(message_id)
    window = read_warm(lambda: read_window(row.pk, row.client_id, at=at))
    messages = build_document(window.rows).messages if window is not None else ()
    parts = [part for message in messages if message.id == message_id for part in message.parts]
    failed = next((part.id for part in parts if tool_outcome(part.entry.data).has_failed), message_id)
    return HttpResponseRedirect(f"{reading.url('page')}{link('at', at)}#{failed}")
