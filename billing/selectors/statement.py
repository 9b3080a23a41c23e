"""The statement: the ledger with its running balance, usage as a line a day. Usage rows are never read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from billing.ledger.statement import Line, Mark, statement_lines
from billing.models import LedgerEntry, StatementDay
from opencode.lib.paging import PAGE_ROWS, Keyset, Place, by_day, by_number

STATEMENT: Final = Keyset(by_day("day", is_descending=True), by_number("seq", is_descending=True))
"""The newest first."""
DAYS_APART: Final = timedelta(days=1)
"""How far an entry's day and that of usage numbered before it can be apart: processes' clocks differ at midnight."""
_END: Final = 2**62
EntryMark = Mark[LedgerEntry]


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Days of posting (UTC) from `since` until `until`, which is not included; None does not bound."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class StatementPage:
    """`next` is the cursor of the next page. `opening` is the balance before the oldest line, on the last page."""

    lines: tuple[Line[LedgerEntry], ...]
    next: str | None
    opening: int | None


def statement_page(
    account_id: int, wanted: StatementFilter, place: Place | None, limit: int = PAGE_ROWS
) -> StatementPage:
    """The lines at `limit` entries and ends of days after the place: two reads, and four more for a period."""
    first, end = _bounds(account_id, wanted)
    after = first.seq if first else 0
    below = end if place is None else min(end, place[1])
    marks = _marks(account_id, wanted, (after, below), place, limit + 1)
    page, following = marks[:limit], marks[limit:]
    lines = tuple(statement_lines(page, following[0] if following else first))
    if following:
        return StatementPage(lines, STATEMENT.cursor({"day": page[-1].day, "seq": page[-1].seq}), None)
    return StatementPage(lines, None, first.balance_after if first else 0)


def _marks(
    account_id: int, wanted: StatementFilter, between: tuple[int, int], place: Place | None, limit: int
) -> list[EntryMark]:
    """The newest marks between two numbers of the ledger.

    Days are read first: what is posted meanwhile is then a gap before an entry, which is usage, or it is newer.
    """
    after, below = between
    last_day = place[0] + DAYS_APART if place and place[0] < date.max else None
    rows = _days(account_id, wanted.since, wanted.until).filter(last_seq__gt=after, last_seq__lt=below)
    rows = rows.filter(day__lte=last_day) if last_day else rows
    days = [_day_mark(row) for row in rows.order_by("-day")[:limit]]
    entries = LedgerEntry.objects.filter(account_id=account_id, seq__gt=after, seq__lt=below).order_by("-seq")[:limit]
    marks = [*days, *(_entry_mark(row) for row in entries)]
    return sorted(marks, key=lambda mark: -mark.seq)[:limit]


def _bounds(account_id: int, wanted: StatementFilter) -> tuple[EntryMark | None, int]:
    """The last mark before the period, and the first number after it."""
    entries = LedgerEntry.objects.filter(account_id=account_id)
    before: list[EntryMark] = []
    after = [_END]
    if wanted.since:
        earlier = entries.filter(at__lt=_midnight(wanted.since)).order_by("-at", "-seq").first()
        ended = _days(account_id, None, wanted.since).order_by("-day").first()
        before = [_entry_mark(earlier)] if earlier else []
        before += [_day_mark(ended)] if ended else []
    if wanted.until:
        later = entries.filter(at__gte=_midnight(wanted.until)).order_by("at", "seq").first()
        begun = _days(account_id, wanted.until, None).order_by("day").first()
        after += [later.seq] if later else []
        after += [begun.first_seq] if begun else []
    return max(before, key=lambda mark: mark.seq, default=None), min(after)


def _days(account_id: int, since: date | None, until: date | None) -> QuerySet[StatementDay]:
    bounds: dict[str, Any] = {"day__gte": since, "day__lt": until}
    return StatementDay.objects.filter(account_id=account_id, **{name: day for name, day in bounds.items() if day})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _day_mark(row: StatementDay) -> EntryMark:
    return Mark(row.last_seq, row.balance_after, row.day)


def _entry_mark(row: LedgerEntry) -> EntryMark:
    return Mark(row.seq, row.balance_after, row.at.astimezone(UTC).date(), row.amount, row)
