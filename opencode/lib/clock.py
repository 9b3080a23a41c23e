"""Time in one place: aware UTC datetimes for rows, integer milliseconds for the wire."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


def now_ms() -> int:
    """Milliseconds since 1970, the unit of the agent's clocks."""
    return time.time_ns() // 1_000_000
