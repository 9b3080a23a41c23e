"""How many sessions there were on each of the last days, counted up to a bound from the index of their activity."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from billing.pricing.days import DAY
from opencode.lib.shown import capped_count
from opencode.web.counting import ENOUGH, rows_counted
from sync.models import Session
from workspaces.models import Workspace

DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class SessionDay:
    """The sessions that were last active on this day (UTC); `height` is in per cent of the busiest day's."""

    day: date
    count: int
    height: int

    @property
    def above(self) -> int:
        """The room above the day's bar."""
        return 100 - self.height

    @property
    def words(self) -> str:
        return capped_count(self.count)


def session_days(workspace: Workspace, now: datetime) -> list[SessionDay]:
    """DAYS days, the oldest first, today last. One statement, which looks at ENOUGH rows a day at most."""
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    starts = [midnight - DAY * number for number in reversed(range(DAYS))]
    mine = Session.objects.filter(workspace=workspace)
    rows = {
        f"{start:%Y%m%d}": mine.filter(last_activity_at__gte=start, last_activity_at__lt=start + timedelta(days=1))
        for start in starts
    }
    counted = rows_counted(workspace, rows)
    most = max(1, min(ENOUGH, max(counted.values())))
    return [
        SessionDay(start.date(), counted[name], -(-100 * counted[name] // most))
        for name, start in zip(rows, starts, strict=True)
    ]
