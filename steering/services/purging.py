"""Removes what nobody asks for any more: agents that ended long ago with their asks, machines, purged workspaces'."""

from datetime import datetime, timedelta
from typing import Final

from steering.models import AgentProcess, Machine

KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 1000


def machines_purge(*, now: datetime) -> int:
    """Remove agent processes that ended KEPT ago and those of purged workspaces, then machines without any.

    Returns how many processes that were. What they waited for goes with them.
    """
    ended = AgentProcess.objects.filter(ended_at__lt=now - KEPT).order_by("ended_at")
    purged = AgentProcess.objects.exclude(workspace__purged_at=None)
    ids = [*ended.values_list("pk", flat=True)[:AT_ONCE], *purged.values_list("pk", flat=True)[:AT_ONCE]]
    AgentProcess.objects.filter(pk__in=ids).delete()
    Machine.objects.filter(processes=None, last_seen_at__lt=now - KEPT).delete()
    return len(ids)
