"""A session's entries in the order of their seq, a bounded piece at a time, for readers of all of them.

Between two pieces no transaction is held, so a reader may take as long as it likes. An entry that changes meanwhile has
a higher seq then, so it comes (again) in a later piece: a reader that keeps the last value of each key has the state at
the end. Never call this inside `atomic()`: on SQLite that would take the write lock.
"""

from typing import Any, Final, NamedTuple

from django.db import connection

from sync.store.reads import SessionIsCold, StateRow, quoted

PIECE_ROWS: Final = 500
PIECE_BYTES: Final = 1024 * 1024
_SIZES: Final = (
    "SELECT s.epoch, s.head_seq, s.cold_at, e.seq, e.size FROM sync_session s "
    "LEFT JOIN sync_sessionentry e ON e.session_id = s.id AND e.seq > %s WHERE s.id = %s ORDER BY e.seq LIMIT %s"
)
_ROWS: Final = (
    "SELECT s.epoch, e.key, e.seq, e.content, e.deleted FROM sync_session s "
    "JOIN sync_sessionentry e ON e.session_id = s.id AND e.seq > %s AND e.seq <= %s WHERE s.id = %s ORDER BY e.seq"
)


class Piece(NamedTuple):
    """Rows ascending by seq, tombstones included, up to `through`; the last piece has `through == head`."""

    epoch: str
    head: int
    through: int
    rows: list[StateRow]


def read_piece(session_id: int, since: int) -> Piece | None:
    """The next piece after the seq `since`; None when there is no such session. Raises SessionIsCold."""
    found = _select(_SIZES, [since, session_id, PIECE_ROWS])
    if not found:
        return None
    epoch, head, cold_at = found[0][:3]
    if cold_at is not None:
        raise SessionIsCold(session_id)
    sizes = [(seq, size) for *_, seq, size in found if seq is not None]
    through, total = head, 0
    for number, (seq, size) in enumerate(sizes):
        total += size
        if number and total > PIECE_BYTES:
            break
        through = seq
    else:
        through = head if len(sizes) < PIECE_ROWS else through
    rows = _select(_ROWS, [since, through, session_id]) if sizes else []
    if any(row[0] != epoch for row in rows):
        return None
    return Piece(epoch, head, through, [StateRow(key, seq, content, bool(gone)) for _, key, seq, content, gone in rows])


def _select(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(quoted(sql), values)
        return list(cursor.fetchall())
