"""Confirms deletion receipts: removes the erased sessions' objects, checks database and storage for leftovers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import F, Max

from opencode.lib.clock import utc_now
from opencode.lib.due import DueMark, pause_as_long_again
from sync.archive.erasure.receipts import rows_left
from sync.archive.snapshots import tree_delete
from sync.archive.snapshots.leftovers import objects_left
from sync.models import DeletionReceipt
from sync.search import index_clean, is_cleaned_since

log = structlog.get_logger(__name__)
TO_CONFIRM: Final = DueMark(DeletionReceipt, "confirm_due_at", lease=timedelta(minutes=10))
SWEEP_RECEIPTS: Final = 200
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)


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

    A receipt that cannot be checked now (the storage is away), or whose session left something, is checked again after
    a pause that grows, so that it stops no other. So is one whose words the search's index may still hold.
    """
    due = TO_CONFIRM.ids(now=now, limit=SWEEP_RECEIPTS)
    newest = DeletionReceipt.objects.filter(pk__in=due).aggregate(at=Max("erased_at"))["at"]
    if newest is not None and not is_cleaned_since(newest):
        index_clean(now=now)
    return sum(_confirm(pk, now) for pk in due)


def _confirm(pk: str, now: datetime) -> bool:
    lease = TO_CONFIRM.take(pk, now=now)
    if lease is None:
        return False
    receipt = DeletionReceipt.objects.get(pk=pk)
    if _is_confirmed(receipt):
        return lease.release(due_at=None, confirmed_at=utc_now())
    failing = now - receipt.erased_at
    lease.release(due_at=now + pause_as_long_again(failing, first=FIRST_PAUSE, last=LONGEST_PAUSE))
    return False


def _is_confirmed(receipt: DeletionReceipt) -> bool:
    """Whether nothing is left of the session once late objects are removed."""
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
    return left.is_clean and is_cleaned_since(receipt.erased_at)
