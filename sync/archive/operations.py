"""Deletes old acknowledgements, in short transactions, so that publishes never wait for it."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from sync.models import Operation

CHUNK_ROWS: Final = 1000


def operations_purge(*, now: datetime) -> int:
    """Delete acknowledgements older than SYNC_OPERATION_HOURS; returns how many."""
    before = now - timedelta(hours=settings.SYNC_OPERATION_HOURS)
    oldest = Operation.objects.order_by("pk").values_list("pk", "created_at")
    removed = 0
    while chunk := [pk for pk, created_at in oldest[:CHUNK_ROWS] if created_at < before]:
        removed += Operation.objects.filter(pk__in=chunk).delete()[0]
    return removed
