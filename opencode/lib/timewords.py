"""How long ago something was, in words. `static/js/time.js` does the same; one table of examples tests both."""

from datetime import datetime
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


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
