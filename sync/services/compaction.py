"""Removed entries keep a row each, so that readers learn of it and nothing stale comes back; here the oldest go.

A reader that knows the session from before would not learn of those removals any more, so the session begins a new
epoch: every reader loads it again, as after a restore. Numbers go on, and what can be read stays as it is.
"""

import structlog
from django.conf import settings
from django.db import transaction

from opencode.lib.clock import utc_now
from sync.models import Session, SessionEntry, new_epoch

log = structlog.get_logger(__name__)


def session_compact(*, session_id: int) -> int:
    """When more than SYNC_SESSION_REMOVED removed entries are kept, let go of all but the newest half of so many.

    Answers how many went. A cold session has no rows, and stays as it is.
    """
    if not _has_many(session_id):
        return 0
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(pk=session_id).first()
        if session is None:
            return 0
        removed = SessionEntry.objects.filter(session=session, deleted=True)
        kept = settings.SYNC_SESSION_REMOVED // 2
        newest_that_goes = removed.order_by("-seq").values_list("seq", flat=True)[kept : kept + 1]
        count, _ = removed.filter(seq__lte=next(iter(newest_that_goes), 0)).delete()
        if count:
            now = utc_now()
            Session.objects.filter(pk=session.pk).update(epoch=new_epoch(), snapshot_seq=0, snapshot_due_at=now)
    log.info("rows of removed entries went", session=session_id, rows=count)
    return count


def _has_many(session_id: int) -> bool:
    """Counted by the index and the session's row: whether an entry is removed stands in its row behind its content."""
    living = Session.objects.filter(pk=session_id).values_list("entry_count", flat=True).first()
    rows = SessionEntry.objects.filter(session_id=session_id).count()
    return living is not None and rows - living > settings.SYNC_SESSION_REMOVED
