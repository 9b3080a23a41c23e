"""Confirms deletion receipts: removes the erased sessions' objects, checks database and storage for leftovers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import F, Q

from opencode.lib.claims import row_claim
from opencode.lib.clock import utc_now
from sync.archive.erasure.receipts import rows_left
from sync.archive.snapshots import tree_delete
from sync.archive.snapshots.leftovers import objects_left
from sync.models import DeletionReceipt

log = structlog.get_logger(__name__)
# By then an upload that was under way at the erasure has ended, and its worker has removed the object or died.
CONFIRM_AFTER: Final = timedelta(minutes=5)
SWEEP_RECEIPTS: Final = 200


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What remains of an erased session: counts of rows by table, and of objects below its prefix."""

    rows: dict[str, int]
    objects: int

    @property
    def is_clean(self) -> bool:
        return not self.objects and not any(self.rows.values())


def deletion_objects_remove(*, receipt_id: str) -> int:
    """Remove every object of the receipt's session; returns how many. Raises the storage's errors."""
    receipt = DeletionReceipt.objects.get(pk=receipt_id)
    removed = tree_delete(receipt.object_prefix)
    if removed:
        DeletionReceipt.objects.filter(pk=receipt_id).update(objects_removed=F("objects_removed") + removed)
    return removed


def deletion_verify(*, receipt: DeletionReceipt) -> Leftovers:
    """Look for leftovers in database and storage; changes nothing. Raises the storage's errors."""
    return Leftovers(rows_left(receipt.session_id), objects_left(receipt.object_prefix))


def deletions_confirm(*, now: datetime) -> int:
    """Confirm the receipts whose sessions left nothing, after removing late objects; returns how many were confirmed.

    A receipt that cannot be checked now (the storage is away) stays open for the next sweep and stops no other.
    """
    due = DeletionReceipt.objects.filter(confirmed_at=None, erased_at__lte=now - CONFIRM_AFTER).order_by("erased_at")
    return sum(_confirm(receipt) for receipt in list(due[:SWEEP_RECEIPTS]))


def _confirm(receipt: DeletionReceipt) -> bool:
    try:
        late = deletion_objects_remove(receipt_id=receipt.pk)
        left = deletion_verify(receipt=receipt)
    except Exception:
        log.exception("receipt_unconfirmed", receipt=receipt.pk)
        return False
    if late:
        log.warning("late_objects_removed", receipt=receipt.pk, objects=late)
    if not left.is_clean:
        log.error("erasure_incomplete", receipt=receipt.pk, rows=left.rows, objects=left.objects)
        return False
    return row_claim(DeletionReceipt, receipt.pk, Q(confirmed_at=None), confirmed_at=utc_now())
