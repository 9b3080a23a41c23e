"""Removing old audit entries: an anchor takes their place first, so that the chain still has a beginning."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version, mac
from workspaces.models import AuditAnchor, AuditEntry
from workspaces.services.audit import ANCHOR_PURPOSE, anchor_text, audit_record, head_lock
from workspaces.services.auditchain import ChainReport, chain_verify

CHUNK_ROWS: Final = 1000
REASON_CHARACTERS: Final = 200
_DELETE: Final = "DELETE FROM workspaces_auditentry WHERE workspace_id = %s AND seq >= %s AND seq <= %s"


class ChainBroken(Exception):
    """The log was tampered with. Nothing was removed: a purge would remove the evidence."""

    def __init__(self, report: ChainReport) -> None:
        super().__init__(f"the log of {report.workspace_id} is not whole; see audit_verify")
        self.report = report


def audit_purge(*, workspace_id: str, before: datetime, reason: str, actor: Actor, dry_run: bool = False) -> int:
    """Remove the workspace's entries older than `before`; returns how many, also for a dry run. Raises ChainBroken.

    An earlier purge that was interrupted is finished first. The purge itself becomes an entry.
    """
    anchored = _anchored(workspace_id)
    upto = _last_before(workspace_id, before, anchored)
    count = AuditEntry.objects.filter(workspace_id=workspace_id, seq__lte=max(upto, anchored)).count()
    if dry_run or not count:
        return count
    report = chain_verify(workspace_id=workspace_id)
    if report.found or report.is_unsealed:
        raise ChainBroken(report)
    if upto > anchored:
        _anchor(workspace_id, upto, count, reason[:REASON_CHARACTERS], actor)
    _remove(workspace_id, max(upto, anchored))
    return count


def _anchored(workspace_id: str) -> int:
    anchor = AuditAnchor.objects.filter(workspace_id=workspace_id).order_by("-seq").first()
    return 0 if anchor is None else anchor.seq


def _last_before(workspace_id: str, before: datetime, anchored: int) -> int:
    """The number of the last entry before the first that is not old: clocks of servers may differ."""
    entries = AuditEntry.objects.filter(workspace_id=workspace_id, seq__gt=anchored).order_by("seq")
    young = entries.filter(at__gte=before).values_list("seq", flat=True).first()
    last = entries.order_by("-seq").values_list("seq", flat=True).first() or anchored
    return last if young is None else young - 1


@transaction.atomic
def _anchor(workspace_id: str, upto: int, count: int, reason: str, actor: Actor) -> None:
    head_lock(workspace_id)
    last = AuditEntry.objects.get(workspace_id=workspace_id, seq=upto)
    anchor = AuditAnchor(
        workspace_id=workspace_id,
        seq=upto,
        hash=last.hash,
        count=count,
        reason=reason,
        at=utc_now(),
        hash_version=current_version(),
    )
    anchor.seal = mac(ANCHOR_PURPOSE, anchor_text(anchor), anchor.hash_version)
    anchor.save()
    details = {"upto": upto, "hash": last.hash, "count": count, "reason": reason}
    audit_record(workspace_id=workspace_id, actor=actor, action="audit.purge", details=details)


def _remove(workspace_id: str, upto: int) -> None:
    """In short transactions, the oldest first: what an interruption leaves still leads to the anchor."""
    rows = AuditEntry.objects.filter(workspace_id=workspace_id, seq__lte=upto).order_by("seq")
    while (first := rows.values_list("seq", flat=True).first()) is not None:
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, [workspace_id, first, min(first + CHUNK_ROWS - 1, upto)])
