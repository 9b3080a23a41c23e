"""Which sessions are cold, and which could be cooled."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from sync.models import Session

WALK_ROWS: Final = 500


def cold_session_ids() -> Iterator[int]:
    return _walk(Session.objects.filter(cold_at__isnull=False))


def idle_session_ids(*, before: datetime) -> Iterator[int]:
    """Ids of sessions with entries in the database and no activity since `before`."""
    return _walk(Session.objects.filter(cold_at=None, head_seq__gt=0, last_activity_at__lt=before))


def _walk(sessions: QuerySet[Session]) -> Iterator[int]:
    """In the order of their ids, in pieces: the caller's work on a session may take it out of the query."""
    last = 0
    while ids := list(sessions.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:WALK_ROWS]):
        yield from ids
        last = ids[-1]
