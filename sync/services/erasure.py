"""Erasing a session: every row of it in one transaction; what lies outside the database hears of it on commit."""

from typing import NamedTuple

from django.db import transaction

from sync.models import Operation, Session, SessionEntry, Share, Snapshot
from sync.signals import session_erased


class ErasureReceipt(NamedTuple):
    """What was removed."""

    entries: int
    operations: int
    shares: int
    snapshots: int


@transaction.atomic
def session_erase(*, session_id: int) -> ErasureReceipt | None:
    """Erase a session with everything that belongs to it; None when there is no such session.

    The stored snapshots' objects are removed by whoever listens to `session_erased`.
    """
    session = Session.objects.select_for_update().filter(id=session_id).first()
    if session is None:
        return None
    object_names = list(Snapshot.objects.filter(session=session).values_list("object_name", flat=True))
    entries, _ = SessionEntry.objects.filter(session=session).delete()
    operations, _ = Operation.objects.filter(session=session).delete()
    shares = Share.objects.filter(session=session).count()
    session.delete()
    transaction.on_commit(
        lambda: session_erased.send(Session, session_id=session_id, epoch=session.epoch, object_names=object_names)
    )
    return ErasureReceipt(entries, operations, shares, len(object_names))
