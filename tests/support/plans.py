"""What the running code asks the database, of any thread, and how the database would go about answering it."""

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

STEADY: Final = frozenset({"django_site", "django_content_type", "django_migrations", "auth_permission", "auth_group"})
"""Tables that do not grow with use; every other is expected to."""
_TABLE: Final = re.compile(
    r"""\b(?:FROM|JOIN|STRAIGHT_JOIN|UPDATE|INTO)\s+\(?["`]?(\w+)["`]?(?:\s+(?:AS\s+)?["`]?(?!ON\b|WHERE\b|LEFT\b|INNER\b|CROSS\b"""
    r"""|JOIN\b|SET\b|ORDER\b|GROUP\b|FORCE\b|LIMIT\b|UNION\b|HAVING\b)(\w+)["`]?)?""",
    re.IGNORECASE,
)
_EXPLAINED: Final = re.compile(r"\s*\(?\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_PAGE: Final = re.compile(r"""SELECT [^()]*? FROM ["`](sync_session|workspaces_auditentry)["`]""")
_PAGE_LIMIT: Final = re.compile(r"LIMIT \d+")
_SQLITE_SCAN: Final = re.compile(r"SCAN (\S+)")


class Statement(NamedTuple):
    sql: str
    parameters: Any


class Finding(NamedTuple):
    """A step that costs more the longer the table is."""

    step: str
    sql: str

    def __repr__(self) -> str:
        return f"{self.step}\n    of {self.sql}\n"


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Every statement while the block runs, whichever thread asks it; of those alike only the first."""
    found: dict[str, Statement] = {}
    execute = CursorWrapper._execute_with_wrappers

    def note(cursor: CursorWrapper, sql: Any, params: Any, many: bool, executor: Any) -> Any:
        rows = list(params or ()) if many else params
        if _EXPLAINED.match(str(sql)) and not (many and not rows):
            found.setdefault(str(sql), Statement(str(sql), rows[0] if many else rows))
        return execute(cursor, sql, rows, many, executor)

    patch = pytest.MonkeyPatch()
    patch.setattr(CursorWrapper, "_execute_with_wrappers", note)
    statements: list[Statement] = []
    try:
        yield statements
    finally:
        patch.undo()
        statements.extend(found.values())


def growing_tables() -> dict[str, int]:
    """Every table that grows, with its rows."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name not in STEADY]
        counts = {}
        for name in names:
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(name)}")
            counts[name] = int(cursor.fetchone()[0])
        return counts


def tables_of(sql: str) -> dict[str, str]:
    """The tables a statement names, by what it calls them."""
    return {(alias or table): table for table, alias in _TABLE.findall(sql)}


def findings(statement: Statement, growing: dict[str, int], *, lists: bool = False) -> list[Finding]:
    """Scans of growing tables; of list pages also rows that are sorted after they were read."""
    names = tables_of(statement.sql)
    look = _sqlite_steps if connection.vendor == "sqlite" else _mysql_steps
    return [Finding(step, statement.sql) for step in look(statement, names, growing, lists)]


def rows_read(statement: Statement) -> int:
    """About how many rows the database reads to answer, or of SQLite how many of its steps, by twenty to a row."""
    if connection.vendor != "sqlite":
        before = _handler_reads()
        _rows(statement.sql, statement.parameters)
        return _handler_reads() - before
    steps = itertools.count()
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: next(steps) and None, 20)
    try:
        _rows(statement.sql, statement.parameters)
    finally:
        connection.connection.set_progress_handler(None, 0)
    return next(steps)


def _handler_reads() -> int:
    return sum(int(value) for _, value in _rows("SHOW SESSION STATUS LIKE 'Handler_read%%'", ()))


def _sqlite_steps(statement: Statement, names: dict[str, str], growing: dict[str, int], lists: bool) -> Iterator[str]:
    for *_, step in _rows(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters):
        scanned = _SQLITE_SCAN.match(step)
        # A full-text index is always "scanned", with a number for how: by what is looked for.
        is_matched = "VIRTUAL TABLE INDEX" in step and " MATCH " in statement.sql
        if scanned and not is_matched and names.get(scanned[1], scanned[1]) in growing:
            yield step
        if lists and "TEMP B-TREE FOR ORDER BY" in step and is_page(statement.sql):
            yield step


def _mysql_steps(statement: Statement, names: dict[str, str], growing: dict[str, int], lists: bool) -> Iterator[str]:
    for row in _rows(f"EXPLAIN {statement.sql}", statement.parameters):
        _, _, called, kind, _, key, _, _, rows, extra = row
        table = names.get(str(called), str(called))
        count = growing.get(table, 0)
        # INSERT is told as a scan of nothing; a few rows are read whole sooner than looked up.
        if kind in ("ALL", "index") and rows is not None and count > 0 and int(rows) > max(100, count // 20):
            yield f"{kind} {table} {key} {rows} rows"
        if lists and "filesort" in str(extra) and is_page(statement.sql):
            yield f"{extra} {table} {rows} rows"


def is_page(sql: str) -> bool:
    """Whether it asks for a page of a list, or as many to choose from."""
    return bool(_PAGE.match(sql) and _PAGE_LIMIT.search(sql))


def _rows(sql: str, parameters: Any) -> Sequence[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
