"""The read behind a snapshot: head and every entry, ranks and tombstones included, in one SELECT.

Two SELECTs could see two different states. Never call this inside `atomic()`: on SQLite that takes the write lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import msgspec
from django.db import connection

CHUNK_ROWS: Final = 500
_WHOLE: Final = (
    "SELECT s.client_id, s.workspace_id, s.epoch, s.head_seq, s.cold_at, c.entries, "
    "e.{key}, e.seq, e.{rank}, e.deleted, e.content "
    "FROM sync_session s "
    "CROSS JOIN (SELECT COUNT(*) AS entries FROM sync_sessionentry WHERE session_id = %s) c "
    "LEFT JOIN sync_sessionentry e ON e.session_id = s.id "
    "WHERE s.id = %s ORDER BY e.seq, e.{key}"
)
# `key` and `rank` are reserved words on MySQL and MariaDB.
_QUOTED: Final = {"sqlite": {"key": '"key"', "rank": '"rank"'}, "mysql": {"key": "`key`", "rank": "`rank`"}}


class SnapshotEntry(msgspec.Struct, frozen=True):
    """One key's newest value; `content` is JSON text, empty when `deleted`."""

    key: str
    seq: int
    rank: int
    deleted: bool
    content: str


class WholeState(NamedTuple):
    """A session at one moment; `entries` is read from the database while it is iterated, once.

    A cold session's `entries` are empty: they are in the snapshot of `head`.
    """

    client_id: str
    workspace_id: str | None
    epoch: str
    head: int
    is_cold: bool
    entry_count: int
    entries: Iterator[SnapshotEntry]


@contextmanager
def read_whole(session_id: int) -> Iterator[WholeState | None]:
    """The state of a session while the block runs; None when there is no such session."""
    sql = _WHOLE.format(**_QUOTED[connection.vendor])
    with connection.cursor() as cursor:
        cursor.execute(sql, [session_id, session_id])
        chunk = cursor.fetchmany(CHUNK_ROWS)
        if not chunk:
            yield None
            return
        client_id, workspace_id, epoch, head, cold_at, count = chunk[0][:6]
        yield WholeState(client_id, workspace_id, epoch, head, cold_at is not None, count, _entries(cursor, chunk))


def _entries(cursor: Any, chunk: list[Any]) -> Iterator[SnapshotEntry]:
    while chunk:
        for *_, key, seq, rank, deleted, content in chunk:
            if key is not None:
                yield SnapshotEntry(key, seq, rank, bool(deleted), content)
        chunk = cursor.fetchmany(CHUNK_ROWS)
