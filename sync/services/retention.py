"""Forgetting what nobody asks for any more, in short transactions, so that publishes never wait for it."""

from datetime import datetime, timedelta

from django.conf import settings

from sync.models import Operation

CHUNK_ROWS = 1000


def operations_purge(*, now: datetime) -> int:
    """Delete acknowledgements older than SYNC_OPERATION_HOURS; answers how many."""
    old = Operation.objects.filter(created_at__lt=now - timedelta(hours=settings.SYNC_OPERATION_HOURS))
    removed = 0
    while chunk := list(old.order_by("created_at").values_list("pk", flat=True)[:CHUNK_ROWS]):
        removed += Operation.objects.filter(pk__in=chunk).delete()[0]
    return removed
