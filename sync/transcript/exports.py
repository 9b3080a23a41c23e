"""Sessions as files: read and written in pieces, however large they are."""

from collections.abc import Iterator
from itertools import chain
from typing import Protocol, TypeVar

from django.db.models import QuerySet

from accounts.ports import ExportedFile, ExportPart
from opencode.lib.clock import utc_now
from sync.archive import read_warm
from sync.errors import SessionGone
from sync.models import Session
from sync.store import EntryPosition, Piece, StateRead, Window, read_entries, read_piece, read_window, state_of
from sync.transcript.json_export import export_json
from sync.transcript.markdown_export import export_markdown
from workspaces.models import Membership

Read = TypeVar("Read", Piece, StateRead, Window)


class Shown(Protocol):
    """Takes each read of a session and returns it as the export's reader sees it; may raise SessionGone."""

    def __call__(self, read: Read | None) -> Read | None: ...


def _as_stored(read: Read | None) -> Read | None:
    return read


def session_json_pieces(session: Session, shown: Shown = _as_stored) -> Iterator[bytes]:
    """The session as JSON, in UTF-8. Raises SessionGone with the first piece, or later when it is erased."""

    def read(since: int) -> Piece | None:
        return shown(read_warm(read_piece, session.pk, since))

    return export_json(read, session.client_id)


def session_markdown_pieces(session: Session, shown: Shown = _as_stored, *, is_masked: bool = False) -> Iterator[bytes]:
    """The session as Markdown, in UTF-8. Raises SessionGone with the first piece, or later when it is erased.

    With `is_masked`, title and model are those that `shown` leaves, never those in the session's row.
    """

    def read(at: EntryPosition) -> Window | None:
        return shown(read_warm(lambda: read_window(session.pk, session.client_id, at=at)))

    def content_of(key: str) -> str:
        state = shown(read_warm(read_entries, session.pk, [key]))
        return state.rows[0].content if state is not None and state.rows else ""

    names = {} if is_masked else {"title": session.title, "model": session.model}
    texts = export_markdown(read, content_of, **names, state=state_of(session, utc_now()))
    return (text.encode("utf-8", "replace") for text in texts)


def own_sessions_part(user_id: str) -> ExportPart:
    """The sessions made by this person's agents and keys, in open workspaces of which the person is still a member."""
    mine = Membership.objects.filter(user_id=user_id, workspace__deleted_at=None, workspace__blocked_at=None)
    return _part(Session.objects.filter(created_by_id=user_id, workspace_id__in=mine.values("workspace_id")))


def workspace_sessions_part(workspace_id: str) -> ExportPart:
    return _part(Session.objects.filter(workspace_id=workspace_id))


def _part(sessions: QuerySet[Session]) -> ExportPart:
    sessions = sessions.order_by("pk")
    return ExportPart("sessions", sessions.count(), _files(sessions))


def _files(sessions: QuerySet[Session]) -> Iterator[ExportedFile]:
    """One file after another; a cold session is warmed. Sessions erased meanwhile are left out."""
    for pk in list(sessions.values_list("pk", flat=True)):
        session = Session.objects.filter(pk=pk).first()
        if session is None:
            continue
        pieces = session_json_pieces(session)
        try:
            first = next(pieces)
        except SessionGone:
            continue
        yield ExportedFile(f"sessions/{session.owner_key}/{session.client_id}.json", chain([first], pieces))
