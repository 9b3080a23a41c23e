"""Reads of snapshots."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from sync.models import HeldItem, Session, Snapshot

# A put that has not come through for so long waits for the object storage.
PUT_PATIENCE: Final = timedelta(seconds=30)
# What is held for a cold session so long waits for the object storage too.
HELD_PATIENCE: Final = timedelta(seconds=90)
# A session that nobody has taken for so long waits for a worker.
WORKER_PATIENCE: Final = timedelta(minutes=3)


def latest_snapshot(session: Session) -> Snapshot | None:
    """The newest snapshot of the session's present epoch whose object was read back; pending ones are nobody's."""
    stored = Snapshot.objects.filter(session=session, epoch=session.epoch, state=Snapshot.State.STORED)
    return stored.order_by("-seq").first()


def snapshot_of_head(session: Session) -> Snapshot | None:
    """The stored snapshot of exactly the session's present state; a cold session's entries are in it."""
    stored = Snapshot.objects.filter(session=session, epoch=session.epoch, state=Snapshot.State.STORED)
    return stored.filter(seq=session.head_seq).first()


def stored_snapshots(session: Session) -> QuerySet[Snapshot]:
    """All that can be read, of earlier epochs too, the newest first."""
    return Snapshot.objects.filter(session=session, state=Snapshot.State.STORED).order_by("-id")


def snapshot_lag_seconds(*, now: datetime) -> float:
    """For how long the oldest due snapshot has been due; 0 when none is."""
    due = Session.objects.filter(snapshot_due_at__lt=now).order_by("snapshot_due_at")
    oldest = due.values_list("snapshot_due_at", flat=True).first()
    return (now - oldest).total_seconds() if oldest is not None else 0.0


def snapshot_delays(*, now: datetime) -> list[str]:
    """What keeps snapshots from being written, by name: `object_storage`, `worker`; empty when they are in time.

    Read off the rows, so that every process knows what the one that writes snapshots has met.
    """
    due = Session.objects.filter(snapshot_due_at__isnull=False).order_by()
    stuck = Snapshot.objects.filter(
        session__in=due, state=Snapshot.State.PENDING, created_at__lt=now - PUT_PATIENCE
    ).order_by()
    # Ids go with time: the first one is the oldest.
    held = HeldItem.objects.order_by("pk").values_list("created_at", flat=True).first()
    is_held = held is not None and held < now - HELD_PATIENCE
    delays = ["object_storage"] if is_held or stuck.exists() else []
    return [*delays, "worker"] if due.filter(snapshot_due_at__lt=now - WORKER_PATIENCE).exists() else delays
