"""Statements over many rows at once, for the few writes that are too hot for the ORM. Two dialects: SQLite and MySQL.

Every function runs on the thread's connection, inside the caller's transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection

# Names of tables and columns come from the code, values never from these texts.
_INSERT: Final = "INSERT INTO {table} ({columns}) VALUES {values}{on_conflict}"
_DELETE: Final = "DELETE FROM {table} WHERE id IN ({ids})"
_UPDATE: Final = "UPDATE {table} SET {changes} WHERE id = %s"
# One statement for all: MySQL takes 80 µs of CPU for each by itself, the round trip included, and 10 µs together.
# In this order and by this index it touches only rows that are locked already: a scan would wait for others' locks.
_UPDATE_ALL: Final = (
    "UPDATE (SELECT {first}{more}) v STRAIGHT_JOIN {table} t FORCE INDEX (PRIMARY) ON t.id = v.id SET {changes}"
)


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for each row, or on MySQL one for all where it is an INSERT."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)


def fetch(sql: str, values: Sequence[Any]) -> list[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def places(count: int) -> str:
    return ", ".join(["%s"] * count)


def tuples(count: int, width: int = 2) -> str:
    """`(%s, %s), (%s, %s)` for two pairs."""
    return ", ".join([f"({places(width)})"] * count)


def flat(rows: Iterable[Sequence[Any]]) -> list[Any]:
    return [value for row in rows for value in row]


def update_by_id(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set the columns of rows that exist; each of `rows` has their values, in order, and the row's id at last."""
    if not rows:
        return
    if connection.vendor != "mysql":
        changes = ", ".join(f"{name} = %s" for name in columns)
        execute_many(_UPDATE.format(table=table, changes=changes), rows)
        return
    first, *others = _literals(rows)
    named = ", ".join(f"{value} AS {name}" for value, name in zip(first, (*columns, "id"), strict=True))
    more = "".join(f" UNION ALL SELECT {', '.join(row)}" for row in others)
    changes = ", ".join(f"t.{name} = v.{name}" for name in columns)
    _execute(_UPDATE_ALL.format(table=table, first=named, more=more, changes=changes))


def delete_by_id(table: str, ids: Sequence[Any]) -> None:
    if ids:
        execute_many(_DELETE.format(table=table, ids=places(len(ids))), [ids])


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], on_conflict: str = "") -> None:
    """Insert rows; on MySQL in one statement, so that they have to fit into a packet (16 MB)."""
    if not rows:
        return
    names = ", ".join(columns)
    if connection.vendor != "mysql":
        values = f"({places(len(columns))})"
        execute_many(_INSERT.format(table=table, columns=names, values=values, on_conflict=on_conflict), rows)
        return
    values = ", ".join([f"({', '.join(row)})" for row in _literals(rows)])
    _execute(_INSERT.format(table=table, columns=names, values=values, on_conflict=on_conflict))


def upsert(
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    unique: Sequence[str],
    replace: Sequence[str] = (),
    add: Sequence[str] = (),
) -> None:
    """Insert rows; where one with the same `unique` columns exists, replace some of its columns and add to others."""
    is_mysql = connection.vendor == "mysql"
    new = "VALUES({0})" if is_mysql else "excluded.{0}"
    changes = [f"{name} = {new.format(name)}" for name in replace]
    changes += [f"{name} = {table}.{name} + {new.format(name)}" for name in add]
    conflict = " ON DUPLICATE KEY UPDATE " if is_mysql else f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET "
    insert(table, columns, rows, conflict + ", ".join(changes))


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _literals(rows: Iterable[Sequence[Any]]) -> list[list[str]]:
    """The values as MySQL's driver would write them. It takes four times as long for integers, which most are."""
    connection.ensure_connection()
    literal: Callable[[Any], bytes] = connection.connection.literal
    return [[str(value) if type(value) is int else literal(value).decode() for value in row] for row in rows]


def stored_moment(moment: datetime) -> Any:
    """The time in the form both databases take: UTC, without a zone."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))


def read_moment(value: Any) -> datetime:
    """The time from the form in which a statement returns it."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC)
