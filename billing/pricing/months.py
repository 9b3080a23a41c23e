"""Months and plan periods, in UTC and half open; local time zones play no part in money."""

import calendar
from datetime import UTC, datetime


def month_of(moment: datetime) -> int:
    """`202611` for any moment of November 2026, UTC."""
    utc = moment.astimezone(UTC)
    return utc.year * 100 + utc.month


def month_begins(month: int) -> datetime:
    """The first moment of a month such as 202611."""
    return datetime(month // 100, month % 100, 1, tzinfo=UTC)


def month_after(month: int) -> int:
    return month + 1 if month % 100 < 12 else month + 89


def plan_period(anchor: datetime, now: datetime) -> tuple[datetime, datetime]:
    """The period that contains `now`, of those that begin monthly on the anchor's day, clamped to the month's last day.

    Counted from the anchor itself, so that the 31st returns after a February. `now` must not precede the anchor.
    """
    anchor, now = anchor.astimezone(UTC), now.astimezone(UTC)
    months = (now.year - anchor.year) * 12 + now.month - anchor.month
    if _anchored(anchor, months) > now:
        months -= 1
    return _anchored(anchor, months), _anchored(anchor, months + 1)


def _anchored(anchor: datetime, months: int) -> datetime:
    years, month = divmod(anchor.month - 1 + months, 12)
    year = anchor.year + years
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)
