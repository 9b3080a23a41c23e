"""Tombstones let readers learn of a removal and keep stale items out; this module deletes the oldest of them.

A reader that knew the session before would never learn of those removals, so the session begins a new epoch and
every reader loads it again, as after a restore. Numbers go on, and what readers see does not change.
"""

from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from opencode.lib.clock import utc_now
from sync.models import Session, SessionEntry, new_epoch

log = structlog.get_logger(__name__)
CHUNK_ROWS: Final = 20_000


def session_compact(*, session_id: int) -> int:
    """With more than SYNC_SESSION_REMOVED tombstones, delete the oldest, leaving the newest half of that limit.

    Returns how many were deleted. A cold session has no rows, and is left alone.
    """
    if not _has_many(session_id):
        return 0
    kept = settings.SYNC_SESSION_REMOVED // 2
    newest_that_goes = _removed(session_id).order_by("-seq").values_list("seq", flat=True)[kept : kept + 1]
    last = next(iter(newest_that_goes), 0)
    count = gone = _remove_some(session_id, last, is_first=True)
    # Under the new epoch no reader needs the rest of them.
    while gone == CHUNK_ROWS:
        gone = _remove_some(session_id, last, is_first=False)
        count += gone
    log.info("session_compacted", session=session_id, rows=count)
    return count


@transaction.atomic
def _remove_some(session_id: int, last: int, *, is_first: bool) -> int:
    """Delete the oldest up to the number `last`, CHUNK_ROWS at most, as the session is locked meanwhile."""
    session = Session.objects.select_for_update().filter(pk=session_id).first()
    old = _removed(session_id).filter(seq__lte=last)
    bound = old.order_by("seq").values_list("seq", flat=True)[CHUNK_ROWS - 1 : CHUNK_ROWS]
    count, _ = old.filter(seq__lte=next(iter(bound), last)).delete()
    if session is not None and count and is_first:
        due = Coalesce("snapshot_due_at", utc_now())
        Session.objects.filter(pk=session_id).update(epoch=new_epoch(), snapshot_seq=0, snapshot_due_at=due)
    return count


def _removed(session_id: int) -> QuerySet[SessionEntry]:
    return SessionEntry.objects.filter(session_id=session_id, deleted=True)


def _has_many(session_id: int) -> bool:
    """Counted from the index and the session's row: reading `deleted` would load each entry's row with its content."""
    living = Session.objects.filter(pk=session_id).values_list("entry_count", flat=True).first()
    rows = SessionEntry.objects.filter(session_id=session_id).count()
    return living is not None and rows - living > settings.SYNC_SESSION_REMOVED
