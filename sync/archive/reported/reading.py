"""Reads a session's messages that are not rolled up yet, in pieces, from the database or a cold session's snapshot."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from sync.archive.snapshots import SnapshotDamaged, snapshot_open
from sync.archive.snapshots.listing import snapshot_of_head
from sync.models import RemovedMessage, Session, SessionEntry

PIECE_MESSAGES: Final = 200
_PREFIX: Final = "session/message/"


class Piece(NamedTuple):
    """(key, content) of messages that changed after the last piece, up to `through`; `removed` are rows to delete."""

    through: int
    messages: list[tuple[str, str]]
    removed: list[int]


def unreported_pieces(session: Session) -> Iterator[Piece]:
    """Everything between `reported_seq` and the head as it was read; removed messages come first.

    Raises SnapshotDamaged and the storage's errors for a cold session.
    """
    gone = RemovedMessage.objects.filter(session_id=session.pk).order_by("pk")
    last = 0
    while rows := list(gone.filter(pk__gt=last).values_list("pk", "key", "content")[:PIECE_MESSAGES]):
        last = rows[-1][0]
        yield Piece(session.reported_seq, [(key, content) for _, key, content in rows], [pk for pk, *_ in rows])
    since = session.reported_seq
    if session.cold_at is None:
        yield from _from_rows(session.pk, since, session.head_seq)
    else:
        yield from _from_snapshot(session, since)


def _from_rows(session_id: int, since: int, head: int) -> Iterator[Piece]:
    messages = SessionEntry.objects.filter(session_id=session_id, key__startswith=_PREFIX, deleted=False)
    while since < head:
        rows = list(
            messages.filter(seq__gt=since, seq__lte=head)
            .order_by("seq")
            .values_list("seq", "key", "content")[:PIECE_MESSAGES]
        )
        since = rows[-1][0] if len(rows) == PIECE_MESSAGES else head
        yield Piece(since, [(key, content) for _, key, content in rows], [])


def _from_snapshot(session: Session, since: int) -> Iterator[Piece]:
    snapshot = snapshot_of_head(session)
    if snapshot is None:
        raise SnapshotDamaged(f"session {session.pk} is cold and has no snapshot of its head")
    with snapshot_open(snapshot) as opened:
        wanted = (
            (entry.seq, entry.key, entry.content)
            for entry in opened.entries
            if entry.seq > since and not entry.deleted and entry.key.startswith(_PREFIX)
        )
        for rows in _groups(wanted):
            yield Piece(rows[-1][0], [(key, content) for _, key, content in rows], [])
    yield Piece(session.head_seq, [], [])


def _groups(rows: Iterable[tuple[int, str, str]]) -> Iterator[list[tuple[int, str, str]]]:
    for _, group in groupby(enumerate(rows), key=lambda pair: pair[0] // PIECE_MESSAGES):
        yield [row for _, row in group]
