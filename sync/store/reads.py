"""Reads of a session's state. Head and entries come from one SELECT: two could see two different states.

Never call these inside `atomic()`: on SQLite that would take the write lock. A cold session has no entries here:
reading it raises SessionIsCold, so that it is never taken for an empty one.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection


class SessionIsCold(Exception):
    """The entries are in the snapshot only: warm the session (`sync.archive.cold`) and read again."""

    def __init__(self, session_id: int) -> None:
        super().__init__(session_id)
        self.session_id = session_id


class StateRow(NamedTuple):
    """One entry: `content` is JSON text, empty when `deleted`."""

    key: str
    seq: int
    content: str
    deleted: bool


class StateRead(NamedTuple):
    """A state of a session: `rows` ascending by seq, none above `head`."""

    epoch: str
    head: int
    rows: list[StateRow]


_SELECT: Final = (
    "SELECT s.epoch, s.head_seq, s.cold_at, e.key, e.seq, e.content, e.deleted "
    "FROM sync_session s LEFT JOIN sync_sessionentry e "
)
_STATE: Final = _SELECT + "ON e.session_id = s.id AND e.deleted = 0 WHERE s.id = %s ORDER BY e.seq"
_SINCE: Final = _SELECT + "ON e.session_id = s.id AND e.seq > %s WHERE s.id = %s ORDER BY e.seq"
_KEYS: Final = _SELECT + "ON e.session_id = s.id AND e.key IN ({keys}) WHERE s.id = %s ORDER BY e.seq"
# MySQL spells the column `key` as a reserved word.
_QUOTE: Final = {"mysql": "`key`", "sqlite": '"key"'}


def quoted(sql: str) -> str:
    """The statement with the column `key` quoted for the database in use."""
    return sql.replace("e.key", "e." + _QUOTE[connection.vendor])


def read_state(session_id: int, since: int = 0, rows: int | None = None) -> StateRead | None:
    """The newest value of every key changed after the seq `since`; None when there is no such session.

    A read from 0 is the whole state and leaves tombstones out; a later one includes them. `rows` limits how many are
    read, lowest seq first. Raises SessionIsCold.
    """
    limit = "" if rows is None else f" LIMIT {rows:d}"
    with connection.cursor() as cursor:
        if since > 0:
            cursor.execute(quoted(_SINCE) + limit, [since, session_id])
        else:
            cursor.execute(quoted(_STATE) + limit, [session_id])
        return _state_of(session_id, cursor.fetchall())


def read_entries(session_id: int, keys: Sequence[str]) -> StateRead | None:
    """The entries with these keys, tombstones included, and the head they were read at; None without a session.

    Raises SessionIsCold.
    """
    if not keys:
        keys = [""]
    sql = _KEYS.format(keys=", ".join(["%s"] * len(keys)))
    with connection.cursor() as cursor:
        cursor.execute(quoted(sql), [*keys, session_id])
        return _state_of(session_id, cursor.fetchall())


def _state_of(session_id: int, found: Iterable[Sequence[Any]]) -> StateRead | None:
    epoch, head, cold_at = "", -1, None
    rows: list[StateRow] = []
    for epoch, head, cold_at, key, seq, content, deleted in found:  # noqa: B007
        if key is not None:
            rows.append(StateRow(key, seq, content, bool(deleted)))
    if cold_at is not None:
        raise SessionIsCold(session_id)
    return None if head < 0 else StateRead(epoch, head, rows)
