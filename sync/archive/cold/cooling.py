"""Cooling: moves an idle session's entries out of the database into its snapshot; `sync.archive.cold` warms it again.

Nothing is removed before the object was read back, its checksum matched and every entry in it was compared with its
row. The removal is one transaction under the session's lock, so a kill between any two steps loses nothing.
"""

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import zip_longest
from typing import Final

import msgspec
import structlog
from django.conf import settings
from django.db import transaction

from opencode.lib.clock import utc_now
from sync.archive.searching import session_index
from sync.archive.snapshots import SnapshotDamaged, snapshot_open
from sync.archive.snapshots.writing import snapshot_renew, snapshot_write
from sync.models import Operation, Session, SessionEntry, Snapshot
from sync.store import SnapshotEntry, read_whole

log = structlog.get_logger(__name__)
# Ranks that rose after the snapshot was stored: the rows hold a newer state under the same number.
ATTEMPTS: Final = 3

Ranks = list[tuple[int, int]]


class Cooling(StrEnum):
    """The outcome: cooled; or kept, because it is empty or was written to meanwhile; or cold or gone already."""

    COOLED = "cooled"
    BUSY = "busy"
    EMPTY = "empty"
    COLD = "cold"
    GONE = "gone"


def session_cool(*, session_id: int, active_before: datetime | None = None) -> Cooling:
    """Remove the session's entries, and acknowledgements too old to be repeated, once its snapshot holds every entry.

    With `active_before`, only when its last activity is older. A damaged snapshot is written anew from the rows.
    Raises SnapshotDamaged and the storage's errors; the session has lost nothing then.
    """
    for _ in range(ATTEMPTS):
        session = Session.objects.filter(pk=session_id).first()
        if session is None or session.cold_at is not None:
            return Cooling.GONE if session is None else Cooling.COLD
        _index(session_id)
        snapshot = snapshot_write(session_id=session_id)
        if snapshot is None:
            return Cooling.EMPTY if session.head_seq == 0 else Cooling.BUSY
        ranks = _compared(snapshot)
        if ranks is None:
            # The rows are all here: the next writing stores the entries as they are now.
            snapshot_renew(snapshot=snapshot)
        elif _rows_remove(snapshot, ranks, active_before):
            log.info("session_cooled", session=session_id, snapshot=snapshot.pk, entries=len(ranks))
            return Cooling.COOLED
        else:
            return Cooling.BUSY
    raise SnapshotDamaged(f"what is stored of session {session_id} is not what was put, {ATTEMPTS} times")


def _index(session_id: int) -> None:
    """Writing the snapshot takes the mark by which the session would be indexed."""
    try:
        session_index(session_id=session_id)
    except Exception:
        log.exception("session_not_indexed", session=session_id)


def _compared(snapshot: Snapshot) -> Ranks | None:
    """The rows' (seq, rank) pairs when the object, fetched anew, holds exactly what they hold; None when it does not.

    Rows written to since the snapshot are noticed later, under the lock, by the head.
    """
    try:
        with snapshot_open(snapshot) as opened, read_whole(snapshot.session_id) as state:
            if state is None or state.is_cold or (state.epoch, state.head) != (snapshot.epoch, snapshot.seq):
                return []
            is_named = (opened.epoch, opened.seq) == (snapshot.epoch, snapshot.seq)
            return _common_ranks(state.entries, opened.entries) if is_named else None
    except (SnapshotDamaged, FileNotFoundError, EOFError, zlib.error, msgspec.DecodeError):
        log.exception("snapshot_damaged", object=snapshot.object_name)
        return None


def _common_ranks(rows: Iterable[SnapshotEntry], stored: Iterable[SnapshotEntry]) -> Ranks | None:
    ranks: Ranks = []
    for row, entry in zip_longest(rows, stored):
        if row is None or row != entry:
            return None
        ranks.append((row.seq, row.rank))
    return ranks


@transaction.atomic
def _rows_remove(snapshot: Snapshot, ranks: Ranks, active_before: datetime | None) -> bool:
    """False, with nothing changed, when the session changed after the comparison."""
    now = utc_now()
    unchanged = Session.objects.select_for_update().filter(
        pk=snapshot.session_id, epoch=snapshot.epoch, head_seq=snapshot.seq, cold_at=None
    )
    session = unchanged.first()
    if session is None or (active_before is not None and session.last_activity_at >= active_before):
        return False
    entries = SessionEntry.objects.filter(session=session)
    is_stored = Snapshot.objects.filter(pk=snapshot.pk, state=Snapshot.State.STORED).exists()
    if not is_stored or list(entries.order_by("seq", "key").values_list("seq", "rank")) != ranks:
        return False
    entries.delete()
    repeatable = now - timedelta(hours=settings.SYNC_OPERATION_HOURS)
    Operation.objects.filter(session=session, created_at__lt=repeatable).delete()
    Session.objects.filter(pk=session.pk).update(
        cold_at=now, idle_since=None, snapshot_seq=snapshot.seq, snapshot_due_at=None
    )
    return True
