"""Which of a session's snapshots are kept, as a pure rule: the newest ones, then one an hour, then one a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Retention(NamedTuple):
    """The newest `last`; for `hourly` hours the last of each hour; for `daily` days the last of each day (UTC)."""

    last: int
    hourly: int
    daily: int


def kept_snapshots(taken: Sequence[datetime], now: datetime, rule: Retention) -> set[int]:
    """Indexes in `taken` (newest first) of the snapshots to keep; never empty when `taken` is not."""
    kept = set(range(min(max(rule.last, 1), len(taken))))
    return (
        kept
        | _last_of_each(taken, now - timedelta(hours=rule.hourly), "%Y-%m-%dT%H")
        | _last_of_each(taken, now - timedelta(days=rule.daily), "%Y-%m-%d")
    )


def _last_of_each(taken: Sequence[datetime], since: datetime, period: str) -> set[int]:
    """By calendar periods rather than by distances, so that a later run keeps the same ones."""
    newest: dict[str, int] = {}
    for place, moment in enumerate(taken):
        if moment >= since:
            newest.setdefault(moment.strftime(period), place)
    return set(newest.values())
