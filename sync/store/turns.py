"""The rows of sessions' turns: the writer's statements for those a commit changes, and the reads of pages.

Every write runs inside the caller's transaction, which locks the session's row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from django.db import connection

from sync.protocol.turns import TurnCounts, TurnHead

CHUNK_ROWS: Final = 500


class TurnWrite(NamedTuple):
    """A change of one turn: its counts by how much they change, its head as it is, None to keep what is there."""

    session_id: int
    message_id: str
    counts: TurnCounts
    head: TurnHead | None = None


_COLUMNS: Final = ("session_id", "message_id", *TurnCounts._fields, *TurnHead._fields)
_INSERT: Final = f"INSERT INTO sync_turn ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))}) "  # noqa: S608 - ours
_CONFLICT: Final = {
    "sqlite": "ON CONFLICT (session_id, message_id) DO UPDATE SET ",
    "mysql": "ON DUPLICATE KEY UPDATE ",
}
_NEW: Final = {"sqlite": "excluded.{0}", "mysql": "VALUES({0})"}
_REMOVE_EMPTY: Final = (
    "DELETE FROM sync_turn WHERE session_id = %s AND message_id = %s AND role = '' AND tools = 0 AND failures = 0"
)
# Only the turns with failures are looked at: they stand together in an index.
_FAILURES: Final = (
    "SELECT COALESCE(SUM(failures), 0), MIN(message_id) FROM sync_turn WHERE session_id = %s AND failures > 0"
)
_NO_HEAD: Final = TurnHead()
# Of each page of turns so many rows are looked at, however few of them are shown.
LOOKED: Final = 500
_ROWS: Final = "SELECT message_id, role, started, tools, failures, files, additions, deletions FROM sync_turn "
# As in `window.py`: MariaDB goes to the place at once when two sessions are named, the second of which is none.
_ONE_SESSION: Final = {"sqlite": ("session_id = %s", ""), "mysql": ("session_id IN (%s, -1)", "session_id DESC, ")}


class TurnRow(NamedTuple):
    """A turn in lists: `started` in ms since 1970, and what its tools did."""

    message_id: str
    role: str
    started: int
    tools: int
    failures: int
    files: int
    additions: int
    deletions: int


class Failures(NamedTuple):
    """How many there are, and the id of the first message with one; empty without any."""

    total: int
    first_message: str


def change_turns(rows: Sequence[TurnWrite]) -> None:
    """Apply the changes; a turn that holds nothing afterwards is removed."""
    for has_head in (True, False):
        changed = [row for row in rows if (row.head is not None) is has_head]
        _many(_INSERT + _on_conflict(has_head), map(_values, changed))
    emptied = [row for row in rows if min(row.counts) < 0 or row.head == _NO_HEAD]
    _many(_REMOVE_EMPTY, ((row.session_id, row.message_id) for row in emptied))


def replace_turns(session_id: int, turns: Mapping[str, tuple[TurnHead, TurnCounts]]) -> None:
    """Make the session's rows those of `turns`, by message id."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sync_turn WHERE session_id = %s", [session_id])
    rows = [_values(TurnWrite(session_id, name, counts, head)) for name, (head, counts) in turns.items()]
    for start in range(0, len(rows), CHUNK_ROWS):
        _many(_INSERT, rows[start : start + CHUNK_ROWS])


def read_turns(session_id: int) -> dict[str, tuple[TurnHead, TurnCounts]]:
    """All of the session's turns by message id, in its order; for checks."""
    sql = f"SELECT {', '.join(_COLUMNS[1:])} FROM sync_turn WHERE session_id = %s ORDER BY message_id"  # noqa: S608
    counts_end = 1 + len(TurnCounts._fields)
    with connection.cursor() as cursor:
        cursor.execute(sql, [session_id])
        found = cursor.fetchall()
    return {row[0]: (TurnHead(*row[counts_end:]), TurnCounts(*row[1:counts_end])) for row in found}


def read_failures(session_id: int) -> Failures:
    with connection.cursor() as cursor:
        cursor.execute(_FAILURES, [session_id])
        count, first = cursor.fetchone()
    return Failures(int(count), first or "")


def read_newest_turns(session_id: int, before: str = "") -> list[TurnRow]:
    """The newest turns before a message, or of all; at most LOOKED, the newest first."""
    where, order = _ONE_SESSION[connection.vendor]
    sql = f"{_ROWS}WHERE {where} AND message_id < %s ORDER BY {order}message_id DESC LIMIT {LOOKED:d}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [session_id, before or "~"])
        return [TurnRow(*row) for row in cursor.fetchall()]


def read_failed_turns(session_id: int, limit: int) -> list[str]:
    """The ids of the newest messages with failures, the newest first."""
    sql = "SELECT message_id FROM sync_turn WHERE session_id = %s AND failures > 0 ORDER BY message_id DESC LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [session_id, limit])
        return [row[0] for row in cursor.fetchall()]


def _on_conflict(has_head: bool) -> str:
    new = _NEW[connection.vendor]
    changes = [f"{name} = sync_turn.{name} + {new.format(name)}" for name in TurnCounts._fields]
    if has_head:
        changes += [f"{name} = {new.format(name)}" for name in TurnHead._fields]
    return _CONFLICT[connection.vendor] + ", ".join(changes)


def _values(row: TurnWrite) -> tuple[str | int, ...]:
    return (row.session_id, row.message_id, *row.counts, *(row.head or _NO_HEAD))


def _many(sql: str, rows: Iterable[tuple[str | int, ...]]) -> None:
    rows = list(rows)
    if not rows:
        return
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)
