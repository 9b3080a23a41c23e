"""Where a month's spending leads if it goes on as it has so far. Amounts are micro-cents, times UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billing.pricing.months import month_after, month_begins, month_of

TOO_EARLY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """`by_end` is what the month comes to; `reached_at` when the limit is reached, None when it is not this month."""

    by_end: int
    reached_at: datetime | None


def pace_of(used: int, limit: int | None, now: datetime) -> Pace | None:
    """None on the first day of a month, when nothing was used, and when the limit is reached already."""
    began = month_begins(month_of(now))
    ends = month_begins(month_after(month_of(now)))
    gone = (now - began) // _INSTANT
    if used <= 0 or gone < TOO_EARLY // _INSTANT or (limit is not None and used >= limit):
        return None
    by_end = used * ((ends - began) // _INSTANT) // gone
    if limit is None or by_end < limit:
        return Pace(by_end, None)
    return Pace(by_end, min(began + _INSTANT * (gone * limit // used), ends - _INSTANT))
