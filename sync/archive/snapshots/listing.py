"""Reads of snapshots."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from sync.models import HeldItem, Session, Snapshot

# A put that has been pending this long means that the object storage is late.
PUT_PATIENCE: Final = timedelta(seconds=30)
# So does an item that has been held for a cold session this long.
HELD_PATIENCE: Final = timedelta(seconds=90)
# A session that has been due this long without a lease means that the worker is late.
WORKER_PATIENCE: Final = timedelta(minutes=3)


def latest_snapshot(session: Session) -> Snapshot | None:
    """The newest snapshot of the session's present epoch whose object was read back, so never a pending one."""
    stored = Snapshot.objects.filter(session=session, epoch=session.epoch, state=Snapshot.State.STORED)
    return stored.order_by("-seq").first()


def snapshot_of_head(session: Session) -> Snapshot | None:
    """The stored snapshot of exactly the session's present state; it holds a cold session's entries."""
    stored = Snapshot.objects.filter(session=session, epoch=session.epoch, state=Snapshot.State.STORED)
    return stored.filter(seq=session.head_seq).first()


def stored_snapshots(session: Session) -> QuerySet[Snapshot]:
    """All readable snapshots, those of earlier epochs too, the newest first."""
    return Snapshot.objects.filter(session=session, state=Snapshot.State.STORED).order_by("-id")


def snapshot_lag_seconds(*, now: datetime) -> float:
    """How long the oldest due snapshot has been waiting, in seconds; 0 when none is due."""
    due = Session.objects.filter(snapshot_due_at__lt=now).order_by("snapshot_due_at")
    oldest = due.values_list("snapshot_due_at", flat=True).first()
    return (now - oldest).total_seconds() if oldest is not None else 0.0


def snapshot_delays(*, now: datetime) -> list[str]:
    """What delays snapshots, by name: `object_storage`, `worker`; empty when they are on time.

    Derived from the rows, so that every process sees the failures of the one that writes snapshots.
    """
    due = Session.objects.filter(snapshot_due_at__isnull=False).order_by()
    stuck = Snapshot.objects.filter(
        session__in=due, state=Snapshot.State.PENDING, created_at__lt=now - PUT_PATIENCE
    ).order_by()
    # Ids rise with time: the first one is the oldest.
    held = HeldItem.objects.order_by("pk").values_list("created_at", flat=True).first()
    is_held = held is not None and held < now - HELD_PATIENCE
    delays = ["object_storage"] if is_held or stuck.exists() else []
    return [*delays, "worker"] if due.filter(snapshot_due_at__lt=now - WORKER_PATIENCE).exists() else delays
