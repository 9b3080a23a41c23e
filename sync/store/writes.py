"""The statements of one commit: lock and read the sessions' rows, then upsert entries, operations and heads.

Times are in the form that `stored_moment` returns. Every function runs inside the caller's transaction.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.db import connection

from opencode.lib.sql import execute_many, fetch, flat, places, tuples
from sync.protocol.updates import Stored


class LockedSession(NamedTuple):
    """A session's row under its lock; with a `cold_at` the session is cold and nothing may be written to it."""

    id: int
    client_id: str
    epoch: str
    head_seq: int
    entry_count: int
    content_bytes: int
    turn_seq: int
    cold_at: Any


class StoredEntry(NamedTuple):
    """What an entry's row holds, `size` in bytes; the content in `stored` is empty unless it was asked for."""

    size: int
    stored: Stored


class EntryWrite(NamedTuple):
    session_id: int
    key: str
    seq: int
    rank: int
    content: str
    size: int
    deleted: bool


class RankWrite(NamedTuple):
    rank: int
    session_id: int
    key: str


class OperationWrite(NamedTuple):
    session_id: int
    operation_id: str
    first_seq: int
    last_seq: int
    created_at: Any


class HeadWrite(NamedTuple):
    head_seq: int
    entry_count: int
    content_bytes: int
    turn_seq: int
    id: int


_LOCK: Final = (
    "SELECT id, client_id, epoch, head_seq, entry_count, content_bytes, turn_seq, cold_at FROM sync_session "
    "WHERE id IN ({ids}) ORDER BY id"
)
# SQLite scans the whole table for `(a, b) IN (VALUES …)`; joined from the pairs, each is one search in the index.
# MariaDB takes the list as ranges of the index.
_OPERATIONS: Final = {
    "sqlite": "WITH wanted (session_id, operation_id) AS (VALUES {pairs}) "
    "SELECT o.session_id, o.operation_id, o.first_seq, o.last_seq FROM wanted w "
    "CROSS JOIN sync_operation o ON o.session_id = w.session_id AND o.operation_id = w.operation_id",
    "mysql": "SELECT session_id, operation_id, first_seq, last_seq FROM sync_operation "
    "WHERE (session_id, operation_id) IN ({pairs})",
}
_ENTRIES: Final = {
    "sqlite": 'WITH wanted (session_id, "key") AS (VALUES {pairs}) '
    'SELECT e.session_id, e."key", e.size, e.deleted, {columns} FROM wanted w '
    'CROSS JOIN sync_sessionentry e ON e.session_id = w.session_id AND e."key" = w."key"',
    "mysql": "SELECT e.session_id, e.`key`, e.size, e.deleted, {columns} FROM sync_sessionentry e "
    "WHERE (e.session_id, e.`key`) IN ({pairs})",
}
_UPSERT: Final = (
    "INSERT INTO sync_sessionentry (session_id, {key}, seq, {rank}, content, size, deleted) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s) "
)
_ON_CONFLICT: Final = {
    "sqlite": "ON CONFLICT (session_id, {key}) DO UPDATE SET seq = excluded.seq, {rank} = excluded.{rank}, "
    "content = excluded.content, size = excluded.size, deleted = excluded.deleted",
    "mysql": "ON DUPLICATE KEY UPDATE seq = VALUES(seq), {rank} = VALUES({rank}), content = VALUES(content), "
    "size = VALUES(size), deleted = VALUES(deleted)",
}
_RAISE_RANK: Final = "UPDATE sync_sessionentry SET {rank} = %s WHERE session_id = %s AND {key} = %s"
_INSERT_OPERATION: Final = (
    "INSERT INTO sync_operation (session_id, operation_id, first_seq, last_seq, created_at) VALUES (%s, %s, %s, %s, %s)"
)
_UPDATE_HEAD: Final = (
    "UPDATE sync_session SET head_seq = %s, entry_count = %s, content_bytes = %s, turn_seq = %s, "
    "last_activity_at = %s, snapshot_due_at = COALESCE(snapshot_due_at, %s) WHERE id = %s"
)
# One statement for all: MariaDB takes 80 µs of CPU for each by itself, the round trip included, and 10 µs together.
# In this order and by this index it touches only rows that are locked already: a scan would wait for others' locks.
_UPDATE_HEADS: Final = (
    "UPDATE (SELECT %s AS head, %s AS entries, %s AS bytes, %s AS turns, %s AS id{more}) v "
    "STRAIGHT_JOIN sync_session s FORCE INDEX (PRIMARY) ON s.id = v.id SET s.head_seq = v.head, "
    "s.entry_count = v.entries, s.content_bytes = v.bytes, s.turn_seq = v.turns, s.last_activity_at = %s, "
    "s.snapshot_due_at = COALESCE(s.snapshot_due_at, %s)"
)
_NEXT_HEAD: Final = " UNION ALL SELECT %s, %s, %s, %s, %s"
# `key` and `rank` are reserved words on MySQL and MariaDB.
_QUOTED: Final = {"sqlite": {"key": '"key"', "rank": '"rank"'}, "mysql": {"key": "`key`", "rank": "`rank`"}}
# A row that another process has locked waits for the next batch instead of delaying this one; SQLite has no row locks.
_LOCK_SUFFIX: Final = {"sqlite": "", "mysql": " FOR UPDATE SKIP LOCKED"}


def lock_sessions(ids: Sequence[int]) -> dict[int, LockedSession]:
    """Lock the sessions' rows, in id order; an id that is missing does not exist or (MySQL) is locked elsewhere."""
    sql = _LOCK.format(ids=places(len(ids))) + _LOCK_SUFFIX[connection.vendor]
    return {row[0]: LockedSession(*row) for row in fetch(sql, ids)}


def repeated_operations(pairs: Sequence[tuple[int, str]]) -> dict[tuple[int, str], tuple[int, int]]:
    """The first and last seq of those (session id, operation id) pairs that were committed before."""
    if not pairs:
        return {}
    sql = _OPERATIONS[connection.vendor].format(pairs=tuples(len(pairs)))
    return {(row[0], row[1]): (row[2], row[3]) for row in fetch(sql, flat(pairs))}


def stored_entries(pairs: Sequence[tuple[int, str]], *, with_content: bool) -> dict[tuple[int, str], StoredEntry]:
    """What is stored for the (session id, key) pairs; content, which can be large, only `with_content`."""
    if not pairs:
        return {}
    content = "e.content" if with_content else "''"
    columns = f"e.{_QUOTED[connection.vendor]['rank']}, {content}"
    sql = _ENTRIES[connection.vendor].format(columns=columns, pairs=tuples(len(pairs)))
    return {
        (session_id, key): StoredEntry(size, Stored(content, rank, bool(deleted)))
        for session_id, key, size, deleted, rank, content in fetch(sql, flat(pairs))
    }


def upsert_entries(rows: Sequence[EntryWrite]) -> None:
    names = _QUOTED[connection.vendor]
    execute_many((_UPSERT + _ON_CONFLICT[connection.vendor]).format(**names), rows)


def raise_ranks(rows: Sequence[RankWrite]) -> None:
    """Raise the ranks of entries whose content stays: a later item repeated it, so older ones may not replace it."""
    execute_many(_RAISE_RANK.format(**_QUOTED[connection.vendor]), rows)


def insert_operations(rows: Sequence[OperationWrite]) -> None:
    execute_many(_INSERT_OPERATION, rows)


def update_heads(rows: Sequence[HeadWrite], now: Any, due: Any) -> None:
    """Write the sessions' new heads and sizes; a snapshot becomes due at `due`, unless one is due sooner."""
    if connection.vendor == "mysql" and rows:
        sql = _UPDATE_HEADS.format(more=_NEXT_HEAD * (len(rows) - 1))
        execute_many(sql, [[*flat(rows), now, due]])
    else:
        execute_many(_UPDATE_HEAD, [(*row[:-1], now, due, row.id) for row in rows])
