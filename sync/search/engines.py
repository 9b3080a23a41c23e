"""The full-text index of the database at hand: FTS5 on SQLite, InnoDB's on MySQL and MariaDB. The only SQL of search.

Words are letters a to z and digits, so nothing in a query can be an operator; they are quoted all the same.
"""

import time
from collections.abc import Sequence
from typing import Final, Protocol

from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

from sync.search.words import QueryWord

SECONDS: Final = 2.0
"""How long a search may take."""
MERGE_PAGES: Final = 200
"""Of SQLite's index in one transaction: about 10 ms, for which nothing else is written."""
_STEPS: Final = 10_000
# MariaDB's and MySQL's words for a statement that took too long.
_TOO_LONG: Final = frozenset({1969, 3024})


class SearchTooLong(Exception):
    """The search was ended after SECONDS."""


class Engine(Protocol):
    def find(self, words: Sequence[QueryWord], limit: int) -> list[int]:
        """Row ids of sessions that have all the words, those made last first. Raises SearchTooLong."""

    def clean_begin(self) -> None:
        """Begin to rid the index of what was deleted."""

    def clean_step(self) -> bool:
        """Go on with it, in a transaction of its own; False once it is done."""


class FTS5:
    def find(self, words: Sequence[QueryWord], limit: int) -> list[int]:
        query = " ".join(f'"{each.word}"{"*" if each.is_prefix else ""}' for each in words)
        deadline = time.monotonic() + SECONDS
        connection.ensure_connection()
        connection.connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            return _ids(
                "SELECT rowid FROM sync_sessionsearch_words WHERE sync_sessionsearch_words MATCH %s "
                "ORDER BY rowid DESC LIMIT %s",
                [query, limit],
            )
        except OperationalError as error:
            if str(error) == "interrupted":
                raise SearchTooLong from error
            raise
        finally:
            connection.connection.set_progress_handler(None, 0)

    def clean_begin(self) -> None:
        """All that is there now becomes one piece, of which nothing deleted is left; in steps."""
        self._merge(-MERGE_PAGES)

    def clean_step(self) -> bool:
        return self._merge(MERGE_PAGES)

    def _merge(self, pages: int) -> bool:
        """Whether anything was left to merge: FTS5 says it by changing two rows or more."""
        with connection.cursor() as cursor:
            before = self._changes(cursor)
            cursor.execute(
                "INSERT INTO sync_sessionsearch_words(sync_sessionsearch_words, rank) VALUES ('merge', %s)", [pages]
            )
            return self._changes(cursor) - before >= 2

    def _changes(self, cursor: CursorWrapper) -> int:
        cursor.execute("SELECT total_changes()")
        return int(cursor.fetchone()[0])


class InnoDB:
    def find(self, words: Sequence[QueryWord], limit: int) -> list[int]:
        query = " ".join(f"+{each.word}{'*' if each.is_prefix else ''}" for each in words)
        is_mariadb = bool(getattr(connection, "mysql_is_mariadb", False))
        limited = f"SET STATEMENT max_statement_time={SECONDS} FOR " if is_mariadb else ""
        hint = "" if is_mariadb else f"/*+ MAX_EXECUTION_TIME({int(SECONDS * 1000)}) */ "
        try:
            return _ids(
                f"{limited}SELECT {hint}session_id FROM sync_sessionsearch "  # noqa: S608 - ours
                "WHERE MATCH(words) AGAINST(%s IN BOOLEAN MODE) ORDER BY session_id DESC LIMIT %s",
                [query, limit],
            )
        except OperationalError as error:
            if error.args and error.args[0] in _TOO_LONG:
                raise SearchTooLong from error
            raise

    def clean_begin(self) -> None:
        """Nothing: all is one step."""

    def clean_step(self) -> bool:
        """Makes table and index anew from the rows. Taking deleted words out alone is a right of administrators."""
        with connection.cursor() as cursor:
            cursor.execute("OPTIMIZE TABLE sync_sessionsearch")
            cursor.fetchall()
        return False


def engine() -> Engine:
    return FTS5() if connection.vendor == "sqlite" else InnoDB()


def _ids(sql: str, values: Sequence[str | int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]
