"""Ranges of days (UTC), half open: months, and the same days one month before."""

import calendar
from datetime import date, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


def month_range(day: date) -> tuple[date, date]:
    """The month of the day: its first, and the next month's first."""
    return day.replace(day=1), _shifted(day.replace(day=1), 1)


def month_before(day: date) -> date:
    """The first of the month before the day's."""
    return _shifted(day.replace(day=1), -1)


def same_days_before(since: date, until: date) -> tuple[date, date]:
    """The days of the same numbers one month before; the 29th to 31st become the last where there is none."""
    return _shifted(since, -1), _shifted(until - DAY, -1) + DAY


def days_of(since: date, until: date) -> list[date]:
    return [since + DAY * number for number in range((until - since).days)]


def _shifted(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
