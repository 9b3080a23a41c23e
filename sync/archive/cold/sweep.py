"""Two sweeps: one cools idle sessions, the other warms those for which items are held.

The due-mark is `idle_since`, due once it is SYNC_COLD_DAYS old. It is never newer than the last activity it was set
from, and publishes do not change it: the sweep compares each due session with its last activity, and moves the mark
of those that were active since.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
from django.conf import settings
from django.core.cache import cache

from opencode.lib.due import DueMark
from sync.archive.cold import session_warm
from sync.archive.cold.cooling import Cooling, session_cool
from sync.models import HeldItem, Session

log = structlog.get_logger(__name__)
SWEEP_SESSIONS: Final = 200
# The worker has other tasks to run, snapshots among them.
SWEEP_SECONDS: Final = 5.0
MARK: Final = DueMark(Session, "idle_since", lease=timedelta(minutes=5))
RETRY: Final = timedelta(hours=1)
# Kept in the cache; when it is lost, the next run begins with the oldest.
HELD_PLACE: Final = "sync-held-sweep-place"


class ColdSweep(NamedTuple):
    """Counts: `looked_at` were due, `cooled` of them are cold now, `failed` ones are tried again later."""

    looked_at: int
    cooled: int
    failed: int


def sessions_cool_idle(*, now: datetime) -> ColdSweep:
    """Cool the sessions without activity for SYNC_COLD_DAYS, the longest idle first; a failure stops no other session.

    At most SWEEP_SESSIONS and about SWEEP_SECONDS a run: the rest is due at the next one. SYNC_COLD_DAYS 0: off.
    """
    if settings.SYNC_COLD_DAYS <= 0:
        return ColdSweep(0, 0, 0)
    began = time.monotonic()
    before = now - timedelta(days=settings.SYNC_COLD_DAYS)
    due = MARK.rows(now=before).values_list("pk", "idle_since", "last_activity_at")
    looked_at = cooled = failed = 0
    for session_id, seen, active in list(due[:SWEEP_SESSIONS]):
        if time.monotonic() - began > SWEEP_SECONDS:
            break
        looked_at += 1
        lease = MARK.take(session_id, now=before, seen=seen)
        if lease is None:
            continue
        if active >= before:
            lease.release(due_at=max(active, lease.until))
            continue
        try:
            outcome = session_cool(session_id=session_id, active_before=before)
            cooled += outcome is Cooling.COOLED
            if outcome is Cooling.EMPTY:
                lease.release(due_at=now)
        except Exception:
            failed += 1
            log.exception("cooling_failed", session=session_id)
            lease.release(due_at=before + RETRY)
    return ColdSweep(looked_at, cooled, failed)


def held_sessions_warm(*, monotonic: Callable[[], float] = time.monotonic) -> int:
    """Warm the sessions for which items are held; returns how many are warm now. Those that fail are tried again later.

    Each run starts after the session the last run ended with, so that slow failures never use up every run.
    """
    began = monotonic()
    last = cache.get(HELD_PLACE, 0)
    waiting = HeldItem.objects.order_by("session_id").values_list("session_id", flat=True).distinct()
    came = 0
    for session_id in sorted(waiting, key=lambda each: (each <= last, each))[:SWEEP_SESSIONS]:
        if monotonic() - began > SWEEP_SECONDS:
            break
        cache.set(HELD_PLACE, session_id, None)
        try:
            came += session_warm(session_id=session_id)
        except Exception:
            log.exception("held_items_waiting", session=session_id)
    return came
