"""Rolls up one session's reported costs. A repeat changes nothing, and a worker that was overtaken writes nothing."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from billing.services.reported import ReportedItem, reported_preview, reported_record
from opencode.lib.claims import row_claim
from sync.archive.reported.reading import Piece, unreported_pieces
from sync.models import RemovedMessage, Session
from sync.protocol.reported import ReportedCost, reported_cost


class Report(NamedTuple):
    """Counts of messages; `cost` is by how many micro-cents the workspace's reported costs changed."""

    messages: int = 0
    copies: int = 0
    refused: int = 0
    cost: int = 0

    def plus(self, other: "Report") -> "Report":
        return Report(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def session_report(*, session_id: int, now: datetime, is_rehearsal: bool = False) -> Report:
    """Roll up what changed since the last time; a session without a workspace reports to nobody.

    Without writing anything as a rehearsal. Raises the storage's errors and SnapshotDamaged for a cold session.
    """
    session = Session.objects.filter(pk=session_id).first()
    if session is None or session.workspace_id is None:
        return Report()
    report = Report()
    reached = session.reported_seq
    for piece in unreported_pieces(session):
        if is_rehearsal:
            report = report.plus(_rehearsed(session, piece, now))
            continue
        recorded = _recorded(session, piece, reached, now)
        if recorded is None:
            break
        report, reached = report.plus(recorded), piece.through
    return report


def _recorded(session: Session, piece: Piece, since: int, now: datetime) -> Report | None:
    """None when another worker has been here since; then nothing is written."""
    assert session.workspace_id is not None
    items = _items(piece.messages, now)
    with transaction.atomic():
        counts = reported_record(workspace_id=session.workspace_id, member_id=session.created_by_id or "", items=items)
        # Last, as the account is locked before the session.
        if not row_claim(Session, session.pk, Q(reported_seq=since), reported_seq=piece.through):
            transaction.set_rollback(True)
            return None
        RemovedMessage.objects.filter(pk__in=piece.removed).delete()
    return Report(*counts)


def _rehearsed(session: Session, piece: Piece, now: datetime) -> Report:
    assert session.workspace_id is not None
    return Report(*reported_preview(workspace_id=session.workspace_id, items=_items(piece.messages, now)))


def _items(messages: Sequence[tuple[str, str]], now: datetime) -> list[ReportedItem]:
    """The newest of each message; those that report no cost too, as they may have reported one before."""
    items: dict[str, ReportedItem] = {}
    for key, content in messages:
        cost = reported_cost(content, now=now) or ReportedCost("", now, 0)
        name = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
        day = cost.at.date()
        items[name] = ReportedItem(name, day, cost.model, cost.cost, cost.tokens, cost.same_as, cost.refused)
    return list(items.values())
