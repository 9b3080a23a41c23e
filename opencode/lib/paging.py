"""Lists in pages, by key: a page begins after the last row of the one before, whatever rows came or went meanwhile.

A cursor is the last row's place in the order as text. Clients return it unchanged and must not parse it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from django.db.models import QuerySet

from opencode.lib.clock import microseconds_of, moment_of

Row = TypeVar("Row")
Place: TypeAlias = tuple[Any, ...]
"""The values of the ordering columns in the last row of a page."""
PAGE_ROWS: Final = 50
SEARCH_CHARACTERS: Final = 200


class CursorMalformed(ValueError):
    """The text is no cursor of this list."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an order, never null, and its text form in a cursor."""

    name: str
    pattern: re.Pattern[str]
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    is_descending: bool = False


def by_number(name: str, *, is_descending: bool = False) -> Column:
    return Column(name, re.compile(r"[0-9]{1,18}"), int, is_descending=is_descending)


def by_moment(name: str, *, is_descending: bool = False) -> Column:
    """A time column, in microseconds since 1970."""
    return Column(name, re.compile(r"[0-9]{1,17}"), lambda text: moment_of(int(text)), _moment_text, is_descending)


def by_day(name: str, *, is_descending: bool = False) -> Column:
    """A date column, such as 20261129."""
    return Column(name, re.compile(r"[0-9]{8}"), _day_of, lambda day: f"{day:%Y%m%d}", is_descending)


def by_id(name: str, *, is_descending: bool = False) -> Column:
    """A column of ids made of letters, digits, `-` and `_`."""
    return Column(name, re.compile(r"[A-Za-z0-9_-]{1,64}"), str, is_descending=is_descending)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in the list's order; `next` is the cursor of the next page, None at the end of the list."""

    rows: list[Row]
    next: str | None


class Keyset:
    """The order of a list: one column that is unique, or two that are unique together."""

    def __init__(self, first: Column, second: Column | None = None) -> None:
        self._columns: Sequence[Column] = (first,) if second is None else (first, second)

    def read(self, cursor: str | None) -> Place | None:
        """The place a page begins at, None for the first page. Raises CursorMalformed."""
        if not cursor:
            return None
        texts = cursor.split(".", len(self._columns) - 1)
        pairs = list(zip(self._columns, texts, strict=False))
        if len(texts) != len(self._columns) or not all(column.pattern.fullmatch(text) for column, text in pairs):
            raise CursorMalformed(cursor)
        try:
            return tuple(column.read(text) for column, text in pairs)
        except ValueError as error:  # the 30th of February
            raise CursorMalformed(cursor) from error

    def read_or_first(self, cursor: str | None) -> Place | None:
        """The place a page begins at; the first page when the address has a malformed cursor."""
        try:
            return self.read(cursor)
        except CursorMalformed:
            return None

    def cursor(self, row: Any) -> str:
        """The cursor of the page after this row: a model's instance, or a mapping with the ordering columns."""
        get = row.__getitem__ if isinstance(row, Mapping) else lambda name: getattr(row, name)
        return ".".join(column.write(get(column.name)) for column in self._columns)

    def place(self, row: Any) -> Place:
        """The place of the page after this row."""
        return tuple(getattr(row, column.name) for column in self._columns)

    def after(self, rows: "QuerySet[Any, Row]", place: Place | None) -> "QuerySet[Any, Row]":
        """`rows` in this order, only those after the place."""
        ordered = rows.order_by(*(("-" if column.is_descending else "") + column.name for column in self._columns))
        if place is None:
            return ordered
        last = len(self._columns) - 1
        first = _beyond(self._columns[0], place[0], is_inclusive=last > 0)
        if not last:
            return ordered.filter(**first)
        # This filter lets the index start at the place; the rows it leaves out were on earlier pages.
        shown = _until(self._columns[1], place[1])
        return ordered.filter(**first).exclude(**{self._columns[0].name: place[0]}, **shown)

    def page(self, rows: "QuerySet[Any, Row]", place: Place | None, limit: int | None = None) -> Page[Row]:
        """One query: the rows after the place, `limit` at most (PAGE_ROWS by default)."""
        limit = PAGE_ROWS if limit is None else limit
        found = list(self.after(rows, place)[: limit + 1])
        return Page(found[:limit], self.cursor(found[limit - 1]) if len(found) > limit else None)


def _day_of(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _moment_text(value: Any) -> str:
    return str(microseconds_of(cast(datetime, value)))


def _beyond(column: Column, value: object, *, is_inclusive: bool) -> dict[str, object]:
    lookup = ("lt" if column.is_descending else "gt") + ("e" if is_inclusive else "")
    return {f"{column.name}__{lookup}": value}


def _until(column: Column, value: object) -> dict[str, object]:
    return {f"{column.name}__{'gte' if column.is_descending else 'lte'}": value}


OLDEST_FIRST: Final = Keyset(by_id("pk"))
"""Orders by id: ids sort by creation time."""
NEWEST_FIRST: Final = Keyset(by_id("pk", is_descending=True))
