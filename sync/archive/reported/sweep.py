"""The sweep over sessions whose messages reported costs, and the walk over those that were never rolled up."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
from django.db.models import F

from opencode.lib.due import DueMark
from sync.archive.reported.recording import session_report
from sync.models import Session

log = structlog.get_logger(__name__)
SWEEP_SESSIONS: Final = 500
# The worker has other tasks to run, snapshots among them.
SWEEP_SECONDS: Final = 5.0
MARK: Final = DueMark(Session, "reported_due_at", lease=timedelta(seconds=120))
RETRY: Final = timedelta(minutes=5)
WALK_ROWS: Final = 500


class ReportedSweep(NamedTuple):
    """How many sessions were rolled up, and how many are tried again later."""

    done: int
    failed: int


def reported_roll_up_due(*, now: datetime) -> ReportedSweep:
    """Roll up the sessions due at `now`, the longest due first; a failure stops no other session.

    At most SWEEP_SESSIONS and about SWEEP_SECONDS a run: the rest is due at the next one.
    """
    began = time.monotonic()
    done = failed = 0
    for session_id in MARK.ids(now=now, limit=SWEEP_SESSIONS):
        if time.monotonic() - began > SWEEP_SECONDS:
            break
        lease = MARK.take(session_id, now=now)
        if lease is None:
            continue
        try:
            session_report(session_id=session_id, now=now)
        except Exception:
            failed += 1
            log.exception("reported_usage_failed", session=session_id)
            lease.release(due_at=now + RETRY)
        else:
            done += 1
            # A message that reported a cost meanwhile has set another mark, and is due.
            lease.release(due_at=None)
    return ReportedSweep(done, failed)


def unreported_session_ids(*, after: int = 0) -> Iterator[int]:
    """Ids above `after` of the workspaces' sessions with updates that were not looked at, cold ones included."""
    waiting = Session.objects.filter(workspace__isnull=False, reported_seq__lt=F("head_seq"))
    while ids := list(waiting.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:WALK_ROWS]):
        yield from ids
        after = ids[-1]
