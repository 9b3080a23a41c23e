"""How pages show times and counts, for templates and for lists that are written without one."""

from datetime import UTC, datetime

from django.utils.safestring import SafeString, mark_safe

from opencode.lib.clock import utc_now
from opencode.lib.timewords import ago


def relative_time(moment: datetime) -> SafeString:
    """A `<time>` that says how long ago, with the exact UTC in it; time.js keeps the words true."""
    moment = moment.astimezone(UTC)
    exact, day = moment.isoformat(timespec="milliseconds"), f"{moment:%Y-%m-%d %H:%M:%S}"
    # Digits and our own words: nothing to escape, and there are fifty on a page.
    return mark_safe(f'<time datetime="{exact}" title="{day} UTC" data-relative>{ago(moment, utc_now())}</time>')  # noqa: S308


def compact_count(count: int) -> str:
    """`812`, `4.2k`, `128k`, `1.3M`: a count in four characters or so, rounded down."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= 10 * size:
            return f"{count // size}{unit}"
        if count >= size:
            return f"{count * 10 // size / 10:.1f}{unit}"
    return str(count)
