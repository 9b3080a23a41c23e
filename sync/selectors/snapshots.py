"""Reads of snapshots."""

from sync.models import Session, Snapshot


def latest_snapshot(session: Session) -> Snapshot | None:
    """The newest snapshot of the session's present epoch whose object was read back; pending ones are nobody's."""
    stored = Snapshot.objects.filter(session=session, epoch=session.epoch, state=Snapshot.State.STORED)
    return stored.order_by("-seq").first()
