"""Writes a session's snapshot in three steps: a pending row, the object, then the row marked as stored.

A kill between any two steps leaves a pending row, which no reader is offered, and a due-mark, which a sweep finds. An
object's name is used once, so that a late deletion never meets another worker's object.
"""

import time
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from opencode.lib.clock import utc_now
from sync.archive.snapshots import (
    FORMAT,
    Retention,
    SnapshotDamaged,
    SnapshotHeader,
    StoredObject,
    kept_snapshots,
    object_name,
    object_put,
    pack,
    snapshot_storage,
)
from sync.models import Session, Snapshot
from sync.store import read_whole

log = structlog.get_logger(__name__)
# A session that keeps changing waits this many times the duration of its last writing before the next.
REST_FACTOR: Final = 20


def snapshot_write(*, session_id: int) -> Snapshot | None:
    """Store the session's present state; None when it is empty or gone. A cold session's is stored already.

    Clears the due-mark when nothing was published meanwhile, else sets it anew. Raises SnapshotDamaged and the
    storage's errors; the session is then as due as before.
    """
    began = time.monotonic()
    with read_whole(session_id) as state:
        if state is None or state.head == 0:
            Session.objects.filter(pk=session_id, head_seq=0).update(snapshot_due_at=None)
            return None
        if state.is_cold:
            Session.objects.filter(pk=session_id, cold_at__isnull=False).update(snapshot_due_at=None)
            return Snapshot.objects.filter(session_id=session_id, epoch=state.epoch, seq=state.head).first()
        header = SnapshotHeader(
            format=FORMAT, session=state.client_id, epoch=state.epoch, seq=state.head, entries=state.entry_count
        )
        packed = pack(header, state.entries)
        name = object_name(state.workspace_id, session_id, state.epoch, state.head)
    with packed.file:
        snapshot = _begin(session_id, header, name)
        if snapshot is None or snapshot.state == Snapshot.State.STORED:
            return snapshot
        try:
            stored_object = object_put(snapshot.object_name, header, packed)
        except SnapshotDamaged:
            snapshot_renew(snapshot=snapshot)
            raise
        rest = max(float(settings.SYNC_SNAPSHOT_DELAY_SECONDS), (time.monotonic() - began) * REST_FACTOR)
        stored = _finish(snapshot, stored_object, packed.entries, timedelta(seconds=rest))
    if stored is not None:
        snapshots_prune(session_id=session_id, now=utc_now())
    return stored


def snapshot_renew(*, snapshot: Snapshot) -> None:
    """Drop a damaged object, so that the next writing stores the session under another name.

    Only while the rows hold exactly that state: otherwise the object is the only copy of it.
    """
    with transaction.atomic():
        here = Session.objects.select_for_update().filter(pk=snapshot.session_id, cold_at=None)
        session = here.filter(epoch=snapshot.epoch, head_seq=snapshot.seq).first()
        if session is None:
            return
        name = object_name(session.workspace_id, session.pk, snapshot.epoch, snapshot.seq)
        known = Snapshot.objects.filter(pk=snapshot.pk, object_name=snapshot.object_name)
        if not known.update(state=Snapshot.State.PENDING, object_name=name):
            return
        Session.objects.filter(pk=session.pk).update(snapshot_due_at=utc_now())
    snapshot_storage().delete(snapshot.object_name)


def snapshots_prune(*, session_id: int, now: datetime) -> int:
    """Remove the snapshots that the retention does not keep, and leftovers of failed attempts; returns how many.

    A row stops being offered before its object is deleted, and is deleted last, so a kill leaves no unnamed object.
    The snapshot of the head is always kept, under the lock that cooling takes too: it may be the only copy.
    """
    rows = Snapshot.objects.filter(session_id=session_id)
    stored = list(rows.filter(state=Snapshot.State.STORED).order_by("-id").values_list("pk", "created_at"))
    if not stored:
        return 0
    kept = [stored[place][0] for place in kept_snapshots([taken for _, taken in stored], now, retention_rule())]
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(pk=session_id).first()
        if session is None:
            return 0
        old = rows.filter(pk__lt=stored[0][0]).exclude(pk__in=kept).exclude(epoch=session.epoch, seq=session.head_seq)
        old.filter(state=Snapshot.State.STORED).update(state=Snapshot.State.PENDING)
        removed = list(old.values_list("pk", "object_name"))
    for pk, name in removed:
        snapshot_storage().delete(name)
        Snapshot.objects.filter(pk=pk).delete()
    return len(removed)


def retention_rule() -> Retention:
    return Retention(
        settings.SYNC_SNAPSHOTS_LAST, settings.SYNC_SNAPSHOTS_HOURLY_HOURS, settings.SYNC_SNAPSHOTS_DAILY_DAYS
    )


def _begin(session_id: int, header: SnapshotHeader, name: str) -> Snapshot | None:
    """The pending row (or the stored one of the same state); None when the session was erased or began a new epoch."""
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(pk=session_id, epoch=header.epoch).first()
        if session is None:
            return None
        snapshot, _made = Snapshot.objects.get_or_create(
            session=session, epoch=header.epoch, seq=header.seq, defaults={"object_name": name}
        )
        if snapshot.state == Snapshot.State.STORED and session.head_seq == header.seq:
            Session.objects.filter(pk=session_id).update(snapshot_seq=header.seq, snapshot_due_at=None)
    return snapshot


def _finish(snapshot: Snapshot, stored: StoredObject, entries: int, rest: timedelta) -> Snapshot | None:
    """The stored row, whichever worker stored it; None when it is not stored, and an object without a row is deleted.

    Takes the session's lock again: during the upload the session may have been erased or restored, and the row may have
    been stored by another worker, renewed or pruned.
    """
    now = utc_now()
    pending = Snapshot.objects.filter(pk=snapshot.pk, state=Snapshot.State.PENDING, object_name=snapshot.object_name)
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(pk=snapshot.session_id).first()
        if session is None or session.epoch != snapshot.epoch:
            pending.delete()
        elif _mark_stored(pending, stored, entries, now):
            # A slower worker may arrive with an older state.
            seq = max(session.snapshot_seq, snapshot.seq)
            Session.objects.filter(pk=session.pk).update(
                snapshot_seq=seq, snapshot_due_at=None if session.head_seq == seq else now + rest
            )
        kept = Snapshot.objects.filter(pk=snapshot.pk, state=Snapshot.State.STORED).first()
    if kept is None:
        log.info("snapshot_dropped", session=snapshot.session_id)
    if not Snapshot.objects.filter(object_name=snapshot.object_name).exists():
        snapshot_storage().delete(snapshot.object_name)
    return kept


def _mark_stored(pending: QuerySet[Snapshot], stored: StoredObject, entries: int, now: datetime) -> bool:
    """False when the row is stored already, renewed, or was pruned."""
    return bool(
        pending.update(
            state=Snapshot.State.STORED, sha256=stored.sha256, bytes=stored.size, entries=entries, stored_at=now
        )
    )
