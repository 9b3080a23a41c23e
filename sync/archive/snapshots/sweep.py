"""The sweep over due sessions, and the sweep over objects of sessions that no longer exist."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

import structlog
from django.conf import settings
from django.db.models import Count, F, Min, Q

from opencode.lib.due import DueMark, pause_as_long_again
from sync.archive.compaction import session_compact
from sync.archive.searching import session_index
from sync.archive.snapshots import session_prefixes_stored, tree_delete
from sync.archive.snapshots.writing import snapshot_write, snapshots_prune
from sync.archive.turns import turns_fill
from sync.models import Session, Snapshot

log = structlog.get_logger(__name__)
SWEEP_SESSIONS: Final = 50
MARK: Final = DueMark(Session, "snapshot_due_at", lease=timedelta(seconds=120))
RETRY_FIRST: Final = timedelta(seconds=30)
RETRY_LAST: Final = timedelta(minutes=30)
PREFIX_BATCH: Final = 500


class SweepReport(NamedTuple):
    written: int
    failed: int


def snapshots_write_due(*, now: datetime) -> SweepReport:
    """Write the snapshots due at `now`, oldest first, SWEEP_SESSIONS at most; a failure never stops the others.

    A session is due when its mark has come. It is due early when SYNC_SNAPSHOT_UPDATES updates wait, unless its mark
    lies further ahead than a first change sets it: then it is leased, or pauses after a failure.
    """
    written = failed = 0
    first_mark = now + timedelta(seconds=settings.SYNC_SNAPSHOT_DELAY_SECONDS)
    many = Q(snapshot_due_at__lte=first_mark, head_seq__gte=F("snapshot_seq") + settings.SYNC_SNAPSHOT_UPDATES)
    due = MARK.rows(now=now, early=many).values_list("pk", "snapshot_due_at")
    for session_id, due_at in list(due[:SWEEP_SESSIONS]):
        if MARK.take(session_id, now=now, seen=due_at) is None:
            continue
        _tidy(session_id)
        try:
            snapshot_write(session_id=session_id)
            written += 1
        except Exception:
            failed += 1
            log.exception("snapshot_failed", session=session_id)
            _retry_later(session_id, now)
    return SweepReport(written, failed)


def snapshots_remove_orphans() -> int:
    """Remove objects of sessions that no longer exist, left by killed workers; returns how many were removed."""
    removed = 0
    stored = session_prefixes_stored()
    while batch := list(islice(stored, PREFIX_BATCH)):
        ids = [session_id for session_id, _prefix in batch]
        alive = set(Session.objects.filter(pk__in=ids).order_by().values_list("pk", flat=True))
        removed += sum(tree_delete(prefix) for session_id, prefix in batch if session_id not in alive)
    if removed:
        log.warning("orphaned_objects_removed", objects=removed)
    return removed


def snapshots_prune_idle(*, now: datetime) -> int:
    """Apply the retention to sessions that are no longer written; returns how many snapshots were removed."""
    many = Snapshot.objects.order_by().values("session_id").annotate(kept=Count("pk"))
    crowded = many.filter(kept__gt=settings.SYNC_SNAPSHOTS_LAST).values_list("session_id", flat=True)
    return sum(snapshots_prune(session_id=session_id, now=now) for session_id in list(crowded))


def _tidy(session_id: int) -> None:
    try:
        session_compact(session_id=session_id)
    except Exception:
        log.exception("compaction_failed", session=session_id)
    try:
        turns_fill(session_id=session_id)
    except Exception:
        log.exception("turns_not_filled", session=session_id)
    try:
        session_index(session_id=session_id)
    except Exception:
        log.exception("session_not_indexed", session=session_id)


def _retry_later(session_id: int, now: datetime) -> None:
    """Set the due-mark after a failed attempt. The oldest pending row says how long attempts have been failing.

    The present mark is overwritten: an attempt that found a damaged object has already made the session due.
    """
    pending = Snapshot.objects.filter(session_id=session_id, state=Snapshot.State.PENDING)
    since = pending.aggregate(since=Min("created_at"))["since"] or now
    pause = pause_as_long_again(now - since, first=RETRY_FIRST, last=RETRY_LAST)
    Session.objects.filter(pk=session_id).update(snapshot_due_at=now + pause)
