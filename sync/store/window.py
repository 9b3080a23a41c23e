"""A page of a session: its newest messages and parts, or those around one, never the whole session.

Messages and parts come in the order of their keys, which is the order of their ids; agents' ids sort by time. What is
read is bounded in rows and in bytes, and no statement looks at more rows of a session than it returns, except removed
ones in between. Never call this inside `atomic()`: on SQLite that would take the write lock.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.db import connection

from sync.protocol.keys import diff_key, info_key, model_key
from sync.store.reads import SessionIsCold
from sync.store.windowrows import ENTRY_BYTES, EntryPosition, Window, WindowRow

MESSAGES: Final = 40
PARTS: Final = 200
OTHERS: Final = 20
CUT_CHARACTERS: Final = 4096
PARTS_BYTES: Final = 3 * 1024 * 1024
ATTEMPTS: Final = 3
# Between the kinds a page knows, in the order of keys; "0" comes right after "/".
_KINDS: Final = ("ask", "diff", "info", "message", "model", "part")
_GAPS: Final = [
    ("session/", "session/ask/"),
    *((f"session/{kind}0", f"session/{after}/") for kind, after in pairwise(_KINDS)),
    ("session/part0", "session0"),
]
# After every id: no character of one is greater.
_END: Final = "~"


class _Moved(Exception):
    """The session's history was replaced between two statements."""


def read_window(
    session_id: int, client_id: str, *, before: EntryPosition | None = None, at: EntryPosition | None = None
) -> Window | None:
    """The newest page, the one that ends `before` a position, or the one that begins `at` one.

    None when there is no such session, or its history was replaced in each of ATTEMPTS reads. Raises SessionIsCold.
    """
    return _attempted(lambda: _Reading(session_id, client_id).window(before, at))


def read_turn_parts(session_id: int, client_id: str, message_ids: Sequence[str]) -> Window | None:
    """The parts of these messages, with the entries about the whole session; as many as a page takes.

    Its `later` is the first of the messages that was left out. None as in `read_window`. Raises SessionIsCold.
    """
    return _attempted(lambda: _Reading(session_id, client_id).of_turns(message_ids))


def _attempted(read: Callable[[], Window | None]) -> Window | None:
    """What `read` returns; it is called again when the session's history was replaced between its statements."""
    for _ in range(ATTEMPTS):
        try:
            return read()
        except _Moved:
            continue
    return None


class _Reading:
    """The statements of one page: all of them see one history, or `_Moved` is raised."""

    def __init__(self, session_id: int, client_id: str) -> None:
        self._id = session_id
        self._singles = [info_key(client_id), diff_key(client_id), model_key(client_id)]
        self._messages = f"session/message/{client_id}/"
        self._parts = f"session/part/{client_id}/"
        self._epoch = ""
        self._head = -1

    def window(self, before: EntryPosition | None, at: EntryPosition | None) -> Window | None:
        found = self._select(self._first_arms(before, at))
        if found is None:
            return None
        earliest = [row.key for row in found if row.size < 0]
        rows = [row for row in found if row.size >= 0]
        messages = sorted((row for row in rows if row.key.startswith(self._messages)), key=lambda row: row.key)
        if at is None:
            kept, earlier = self._backwards(messages, before)
            later = before
        else:
            kept, later = self._forwards(messages, at)
            earlier = at if earliest else None
        others = [row for row in rows if not row.key.startswith(self._messages)]
        return Window(self._epoch, self._head, others + kept, earlier, later)

    def _backwards(
        self, messages: list[WindowRow], before: EntryPosition | None
    ) -> tuple[list[WindowRow], EntryPosition | None]:
        """The newest messages and parts before the position, and where what was left out ends."""
        is_all = len(messages) <= MESSAGES
        messages = messages[-MESSAGES:]
        start = self._parts if is_all else f"{self._parts}{self._message_id(messages[0])}/"
        parts, left_out = self._chosen_parts(start, self._parts_end(before), is_backwards=True)
        if left_out is None:
            earlier = None if is_all else EntryPosition(self._message_id(messages[0]))
            return messages + parts, earlier
        first = self._part_position(parts[-1]) if parts else before or EntryPosition(_END)
        is_within = left_out.message_id == first.message_id
        kept = [row for row in messages if self._message_id(row) >= first.message_id]
        return kept + parts, first if is_within else EntryPosition(first.message_id)

    def _forwards(self, messages: list[WindowRow], at: EntryPosition) -> tuple[list[WindowRow], EntryPosition | None]:
        """The messages and parts from the position on, and where what was left out begins."""
        is_all = len(messages) <= MESSAGES
        end = self._parts + _END if is_all else f"{self._parts}{self._message_id(messages[MESSAGES])}/"
        rest = None if is_all else EntryPosition(self._message_id(messages[MESSAGES]))
        messages = messages[:MESSAGES]
        # The first position of all is before every id.
        start = self._parts + (f"{at.message_id}/{at.part_id}" if at.message_id else "")
        parts, left_out = self._chosen_parts(start, end, is_backwards=False)
        if left_out is None:
            return messages + parts, rest
        is_within = bool(parts) and self._part_position(parts[-1]).message_id == left_out.message_id
        kept = [row for row in messages if self._message_id(row) <= left_out.message_id]
        if not is_within:
            kept = [row for row in kept if self._message_id(row) != left_out.message_id]
        return kept + parts, left_out if is_within else EntryPosition(left_out.message_id)

    def _chosen_parts(
        self, start: str, end: str, *, is_backwards: bool
    ) -> tuple[list[WindowRow], EntryPosition | None]:
        """Parts from one end, as many as a page takes, with their contents; and the position of the first left out."""
        arm = self._arm("key >= %s AND key < %s", [start, end], PARTS + 1, is_backwards=is_backwards, columns=_SIZES)
        listed = self._select([arm]) or []
        listed.sort(key=lambda row: row.key, reverse=is_backwards)
        read, left_out = self._first_of(listed)
        return read, self._part_position(left_out[0]) if left_out else None

    def _first_of(self, listed: list[WindowRow]) -> tuple[list[WindowRow], list[WindowRow]]:
        """The first of the listed rows, as many as a page takes, with their contents; and those that were left out."""
        count, total = 0, 0
        for row in listed[:PARTS]:
            total += min(row.size, ENTRY_BYTES)
            if count and total > PARTS_BYTES:
                break
            count += 1
        contents = {row.key: row for row in self._contents([row.key for row in listed[:count]])}
        return [contents[row.key] for row in listed[:count] if row.key in contents], listed[count:]

    def of_turns(self, message_ids: Sequence[str]) -> Window | None:
        """The session's single entries and the parts of these messages, in the order in which they are named.

        `later` is the first message whose parts were left out: with more than one message, all of them.
        """
        singles = self._arm(f"key IN ({_places(self._singles)})", self._singles, len(self._singles))
        ranges = [(f"{self._parts}{each}/", f"{self._parts}{each}0") for each in message_ids]
        arms = [self._arm("key >= %s AND key < %s", each, PARTS, columns=_SIZES) for each in ranges]
        found = self._select([singles, *arms])
        if found is None:
            return None
        places = {each: place for place, each in enumerate(message_ids)}
        others = [row for row in found if row.key in self._singles]
        parts = [row for row in found if row.key not in self._singles]
        parts.sort(key=lambda row: (places[self._part_position(row).message_id], row.key))
        read, left_out = self._first_of(parts)
        rest = self._part_position(left_out[0]).message_id if left_out else None
        if rest is not None and rest != message_ids[0]:
            read = [row for row in read if self._part_position(row).message_id != rest]
        return Window(self._epoch, self._head, others + read, None, EntryPosition(rest) if rest else None)

    def _contents(self, keys: Sequence[str]) -> list[WindowRow]:
        if not keys:
            return []
        return self._select([self._arm(f"key IN ({_places(keys)})", keys, len(keys), columns=_CONTENTS)]) or []

    def _first_arms(self, before: EntryPosition | None, at: EntryPosition | None) -> "list[_Arm]":
        singles = self._arm(f"key IN ({_places(self._singles)})", self._singles, len(self._singles))
        others = [self._arm("key >= %s AND key < %s", gap, OTHERS) for gap in _GAPS]
        if at is not None:
            start = self._messages + at.message_id
            shown = self._arm("key >= %s AND key < %s", [start, self._messages + _END], MESSAGES + 1)
            ahead = self._arm("key >= %s AND key < %s", [self._messages, start], 1, is_backwards=True, columns=_NAMES)
            return [singles, *others, shown, ahead, *self._parts_ahead(at)]
        # A page that ends inside a message includes that message's own entry.
        end = self._messages + (_END if before is None else before.message_id + ("!" if before.part_id else ""))
        shown = self._arm("key >= %s AND key < %s", [self._messages, end], MESSAGES + 1, is_backwards=True)
        return [singles, *others, shown]

    def _parts_ahead(self, at: EntryPosition) -> "list[_Arm]":
        """At most one query, which finds a row when the position is not the first of its message."""
        if not at.part_id:
            return []
        start = f"{self._parts}{at.message_id}/"
        return [self._arm("key >= %s AND key < %s", [start, start + at.part_id], 1, columns=_NAMES)]

    def _parts_end(self, before: EntryPosition | None) -> str:
        if before is None:
            return self._parts + _END
        return f"{self._parts}{before.message_id}/{before.part_id}"

    def _message_id(self, row: WindowRow) -> str:
        return row.key.removeprefix(self._messages)

    def _part_position(self, row: WindowRow) -> EntryPosition:
        message_id, _, part_id = row.key.removeprefix(self._parts).partition("/")
        return EntryPosition(message_id, part_id)

    def _arm(
        self, where: str, values: Iterable[Any], limit: int, *, is_backwards: bool = False, columns: str = ""
    ) -> "_Arm":
        direction = " DESC" if is_backwards else ""
        session, order = _ONE_SESSION[connection.vendor]
        sql = (
            f"SELECT {columns or _CONTENTS} FROM sync_sessionentry "  # noqa: S608 - only constants
            f"WHERE {session} AND deleted = 0 AND {where} ORDER BY {order.format(direction)} LIMIT {limit:d}"
        )
        return _Arm(sql, [*[self._id] * session.count("%s"), *values])

    def _select(self, arms: "Sequence[_Arm]") -> list[WindowRow] | None:
        """All queries with the session's row, in one statement: two could see two different states."""
        union = " UNION ALL ".join(
            f"SELECT * FROM ({arm.sql}) a{number}"  # noqa: S608
            for number, arm in enumerate(arms)
        )
        sql = (
            "SELECT s.epoch, s.head_seq, s.cold_at, e.entry, e.seq, e.size, e.content FROM sync_session s "  # noqa: S608
            f"LEFT JOIN ({union}) e ON 1 = 1 WHERE s.id = %s"
        )
        with connection.cursor() as cursor:
            cursor.execute(_quoted(sql), [*(value for arm in arms for value in arm.values), self._id])
            found = cursor.fetchall()
        if not found:
            return None
        epoch, head, cold_at = found[0][:3]
        if cold_at is not None:
            raise SessionIsCold(self._id)
        if self._epoch and self._epoch != epoch:
            raise _Moved
        # The first statement's head: what is newer in a later statement reaches a reader who follows from there again.
        self._epoch, self._head = epoch, head if self._head < 0 else self._head
        return [WindowRow(*row[3:]) for row in found if row[3] is not None]


class _Arm(NamedTuple):
    sql: str
    values: list[Any]


_CONTENTS: Final = (
    f"key AS entry, seq, size, CASE WHEN size <= {ENTRY_BYTES:d} THEN content "
    f"ELSE SUBSTR(content, 1, {CUT_CHARACTERS:d}) END AS content"
)
# With `session_id = …` MariaDB reads a session from its end until it reaches the wanted keys. With two ids, the second
# of which no session has, it goes to the keys by the index at once.
_ONE_SESSION: Final = {
    "sqlite": ("session_id = %s", " key {}"),
    "mysql": ("session_id IN (%s, -1)", "session_id{0}, key {0}"),
}
_SIZES: Final = "key AS entry, seq, size, '' AS content"
_NAMES: Final = "key AS entry, seq, -1 AS size, '' AS content"


def _places(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))


def _quoted(sql: str) -> str:
    """MySQL spells the column `key` as a reserved word."""
    name = {"mysql": "`key`", "sqlite": '"key"'}[connection.vendor]
    return sql.replace(" key ", f" {name} ").replace("BY key", f"BY {name}").replace("SELECT key", f"SELECT {name}")
