"""The sweep over due sessions, and the sweep after objects whose session is gone.

Due-marks in the sessions' rows are the only memory of work to do; a task that gets lost costs nothing but time.
"""

from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db.models import Count, F, Min, Q

from opencode.lib.claims import row_claim
from sync.archive.compaction import session_compact
from sync.archive.snapshots import session_prefixes_stored, tree_delete
from sync.archive.snapshots.writing import snapshot_write, snapshots_prune
from sync.models import Session, Snapshot

log = structlog.get_logger(__name__)
SWEEP_SESSIONS = 50
# Whoever takes a session has it for this long; a worker killed with it delays the snapshot by as much.
CLAIM = timedelta(seconds=120)
RETRY_FIRST = timedelta(seconds=30)
RETRY_LAST = timedelta(minutes=30)
PREFIX_BATCH = 500


class SweepReport(NamedTuple):
    written: int
    failed: int


def snapshots_write_due(*, now: datetime) -> SweepReport:
    """Write the snapshots due at `now`, oldest first, SWEEP_SESSIONS at most; one that fails never stops the others.

    A session is due when its mark has come, or, while the mark lies no further ahead than a first change sets it, when
    SYNC_SNAPSHOT_UPDATES updates wait. A claim and the pause after a failure lie further ahead.
    """
    written = failed = 0
    first_mark = now + timedelta(seconds=settings.SYNC_SNAPSHOT_DELAY_SECONDS)
    many = Q(snapshot_due_at__lte=first_mark, head_seq__gte=F("snapshot_seq") + settings.SYNC_SNAPSHOT_UPDATES)
    due = Session.objects.filter(many | Q(snapshot_due_at__lte=now)).order_by("snapshot_due_at", "pk")
    for session_id, due_at in list(due.values_list("pk", "snapshot_due_at")[:SWEEP_SESSIONS]):
        if due_at is None or not _claim(session_id, due_at, now):
            continue
        _compact(session_id)
        try:
            snapshot_write(session_id=session_id)
            written += 1
        except Exception:
            failed += 1
            log.exception("snapshot failed and will be tried again", session=session_id)
            _retry_later(session_id, now)
    return SweepReport(written, failed)


def snapshots_remove_orphans() -> int:
    """Remove objects of sessions that no longer exist, which a worker killed at the wrong moment can leave."""
    removed = 0
    stored = session_prefixes_stored()
    while batch := list(islice(stored, PREFIX_BATCH)):
        ids = [session_id for session_id, _prefix in batch]
        alive = set(Session.objects.filter(pk__in=ids).order_by().values_list("pk", flat=True))
        removed += sum(tree_delete(prefix) for session_id, prefix in batch if session_id not in alive)
    if removed:
        log.warning("objects of erased sessions were removed", objects=removed)
    return removed


def snapshots_prune_idle(*, now: datetime) -> int:
    """Let the retention take effect where nothing was written any more; answers how many snapshots went."""
    many = Snapshot.objects.order_by().values("session_id").annotate(kept=Count("pk"))
    crowded = many.filter(kept__gt=settings.SYNC_SNAPSHOTS_LAST).values_list("session_id", flat=True)
    return sum(snapshots_prune(session_id=session_id, now=now) for session_id in list(crowded))


def _compact(session_id: int) -> None:
    try:
        session_compact(session_id=session_id)
    except Exception:
        log.exception("rows of removed entries stay until the next snapshot", session=session_id)


def _claim(session_id: int, seen: datetime, now: datetime) -> bool:
    """Move the due-mark on, by compare and set, so that two workers never write one session at a time."""
    return row_claim(Session, session_id, Q(snapshot_due_at=seen), snapshot_due_at=now + CLAIM)


def _retry_later(session_id: int, now: datetime) -> None:
    """Wait as long again as the attempts have been failing, within bounds; the oldest pending row tells since when."""
    pending = Snapshot.objects.filter(session_id=session_id, state=Snapshot.State.PENDING)
    since = pending.aggregate(since=Min("created_at"))["since"] or now
    pause = min(max(now - since, RETRY_FIRST), RETRY_LAST)
    Session.objects.filter(pk=session_id).update(snapshot_due_at=now + pause)
