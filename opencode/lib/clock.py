"""Time in one place: aware UTC datetimes for rows, integer milliseconds for the wire."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


def now_ms() -> int:
    """Milliseconds since 1970, the unit of the agent's clocks."""
    return time.time_ns() // 1_000_000


def microseconds_of(moment: datetime) -> int:
    """Microseconds since 1970, exact: the form of a row's time in a cursor."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND
