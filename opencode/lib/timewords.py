"""How long ago something was, in words. `static/js/time.js` does the same; one table of examples tests both."""

from datetime import datetime
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def left(until: datetime, now: datetime) -> str:
    """`in 5 d`, `in 2 h`, `in 3 min`, `now`: how long it still lasts, rounded down."""
    seconds = int((until - now).total_seconds())
    if seconds < MINUTE:
        return "now"
    if seconds < HOUR:
        return f"in {seconds // MINUTE} min"
    if seconds < DAY:
        return f"in {seconds // HOUR} h"
    return f"in {seconds // DAY} d"


def stopwatch(since: datetime, now: datetime) -> str:
    """`0:42`, `12:07`, `1:02:03`: how long something has run; `0:00` for what has not begun."""
    minutes, seconds = divmod(max(0, int((now - since).total_seconds())), MINUTE)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def ago(then: datetime, now: datetime) -> str:
    """`now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`, the UTC date after 30 days; `now` for the future."""
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < 5:
        return "now"
    if seconds < MINUTE:
        return f"{seconds} s ago"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min ago"
    if seconds < DAY:
        return f"{seconds // HOUR} h ago"
    if seconds < 30 * DAY:
        return f"{seconds // DAY} d ago"
    return f"{then:%Y-%m-%d}"
