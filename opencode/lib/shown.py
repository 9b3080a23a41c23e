"""Times and counts as pages show them, for templates and for lists made without one."""

from datetime import UTC, datetime
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from opencode.lib.clock import utc_now
from opencode.lib.timewords import ago, left, stopwatch

COUNTED_MAX: Final = 1_000
"""How far lists and the sidebar count."""


def relative_time(moment: datetime) -> SafeString:
    """A `<time>` that says how long ago, with the exact UTC in it; time.js keeps the text up to date."""
    return _time(moment, ago(moment, utc_now()), " data-relative")


def time_left(moment: datetime) -> SafeString:
    """A `<time>` that says in how long, with the exact UTC in its title."""
    return _time(moment, left(moment, utc_now()))


def time_running(moment: datetime) -> SafeString:
    """A `<time>` that counts up from the moment; time.js goes on counting."""
    return _time(moment, stopwatch(moment, utc_now()), " data-running")


def _time(moment: datetime, words: str, attribute: str = "") -> SafeString:
    moment = moment.astimezone(UTC)
    exact, day = moment.isoformat(timespec="milliseconds"), f"{moment:%Y-%m-%d %H:%M:%S}"
    # Only digits and our own words, so nothing to escape, which saves time: a page has fifty.
    return mark_safe(f'<time datetime="{exact}" title="{day} UTC"{attribute}>{words}</time>')  # noqa: S308


def compact_count(count: int) -> str:
    """`812`, `4.2k`, `128k`, `1.3M`: a count in about four characters, rounded down."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= 10 * size:
            return f"{count // size}{unit}"
        if count >= size:
            return f"{count * 10 // size / 10:.1f}{unit}"
    return str(count)


def capped_count(count: int) -> str:
    """`313`, and `1,000+` for every count above COUNTED_MAX: nobody needs the rest, and counting it takes long."""
    return f"{min(count, COUNTED_MAX):,}{'+' if count > COUNTED_MAX else ''}"
