"""Erasing a session: all its rows in one transaction; objects, caches and sockets follow on commit."""

from typing import Final

import structlog
from django.db import transaction

from opencode.lib.actor import PERSON, STAFF, THE_CONSOLE, Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from sync.archive.reported import session_report
from sync.archive.snapshots import session_prefix
from sync.archive.snapshots.listing import snapshot_of_head
from sync.models import DeletionReceipt, Operation, Session, SessionEntry, Share, Snapshot, Turn
from sync.signals import session_erased
from workspaces.services.audit import audit_record

log = structlog.get_logger(__name__)
ERASED_AT_ONCE: Final = 200


def session_erase(*, session_id: int, actor: Actor) -> DeletionReceipt | None:
    """Erase a session with everything that belongs to it and return the receipt; None when there is no such session.

    The receipt names the person, if a person acted. Receivers of `session_erased` remove objects, caches and sockets;
    the receipt is confirmed when a later sweep finds nothing left. What its messages cost was spent: that is rolled up
    first, in transactions of its own.
    """
    try:
        session_report(session_id=session_id, now=utc_now())
    except Exception:
        # A cold session whose snapshot cannot be read can still be erased.
        log.exception("reported_usage_failed", session=session_id)
    return _erase(session_id, actor)


@transaction.atomic
def _erase(session_id: int, actor: Actor) -> DeletionReceipt | None:
    session = Session.objects.select_for_update().filter(id=session_id).first()
    if session is None:
        return None
    object_names = list(Snapshot.objects.filter(session=session).values_list("object_name", flat=True))
    shares = Share.objects.filter(session=session).count()
    cold = snapshot_of_head(session) if session.cold_at is not None else None
    entries, _ = SessionEntry.objects.filter(session=session).delete()
    operations, _ = Operation.objects.filter(session=session).delete()
    Turn.objects.filter(session=session).delete()
    session.delete()
    receipt = DeletionReceipt.objects.create(
        workspace_id=session.workspace_id,
        client_id=session.client_id,
        session_id=session_id,
        object_prefix=session_prefix(session.workspace_id, session_id),
        entries=entries if cold is None else cold.entries,
        operations=operations,
        shares=shares,
        snapshots=len(object_names),
        content_bytes=session.content_bytes,
        erased_by_id=actor.id if actor.kind in {PERSON, STAFF} else None,
    )
    announce(
        session_erased,
        session_id=session_id,
        epoch=session.epoch,
        object_names=object_names,
        receipt_id=receipt.pk,
    )
    _record(receipt, actor)
    return receipt


def _record(receipt: DeletionReceipt, actor: Actor) -> None:
    if receipt.workspace_id is not None:
        audit_record(
            workspace_id=receipt.workspace_id,
            actor=actor,
            action="session.delete",
            target_id=receipt.client_id,
            details={"receipt": receipt.pk},
        )


def workspace_sessions_erase(workspace_id: str) -> int:
    """Erase every session of a workspace, each in its own transaction; returns how many. Call it outside one."""
    erased = 0
    while session_ids := list(
        Session.objects.filter(workspace_id=workspace_id).order_by("id").values_list("id", flat=True)[:ERASED_AT_ONCE]
    ):
        erased += sum(session_erase(session_id=session_id, actor=THE_CONSOLE) is not None for session_id in session_ids)
    return erased
