"""Keeps the documents of the full-text index: made anew from a session's entries when it is due for a snapshot."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from sync.archive.snapshots import SnapshotDamaged, snapshot_open
from sync.archive.snapshots.listing import snapshot_of_head
from sync.models import Session
from sync.search import index_write, is_indexed, session_words
from sync.store import SnapshotEntry, read_whole

log = structlog.get_logger(__name__)


def session_index(*, session_id: int) -> bool:
    """Write the session's document; False when it is up to date, or when there is nothing that could be found.

    A cold session is read from its snapshot, and stays cold. Raises SnapshotDamaged and the storage's errors then.
    """
    session = Session.objects.filter(pk=session_id, workspace__isnull=False, head_seq__gt=0).first()
    if session is None or session.workspace_id is None or is_indexed(session):
        return False
    with _entries_of(session) as (epoch, seq, entries):
        words = session_words(session.workspace_id, ((entry.key, entry.content) for entry in entries))
    return index_write(session_id=session_id, epoch=epoch, seq=seq, words=words)


@contextmanager
def _entries_of(session: Session) -> Iterator[tuple[str, int, Iterable[SnapshotEntry]]]:
    if session.cold_at is None:
        with read_whole(session.pk) as state:
            if state is not None and not state.is_cold:
                yield state.epoch, state.head, state.entries
                return
        session.refresh_from_db()
    snapshot = snapshot_of_head(session)
    if snapshot is None:
        raise SnapshotDamaged(f"session {session.pk} is cold and has no snapshot of its head")
    with snapshot_open(snapshot) as opened:
        yield opened.epoch, opened.seq, opened.entries
