"""Ends reservations that nobody will settle: those whose time is over, and those of processes that are gone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import structlog
from django.db.models import QuerySet

from billing.ledger.facts import State
from billing.ledger.operations import Answer, Expire
from billing.models import Process, Reservation
from billing.services.ledger import ledger_execute_all
from billing.services.work import Work

log = structlog.get_logger(__name__)
KEPT: Final = timedelta(days=30)
SILENT: Final = timedelta(seconds=30)
EXPIRED_AT_ONCE: Final = 200


def reservations_expire(*, now: datetime) -> int:
    """End reservations that were not settled or released in time; returns how many ended."""
    return _expire(Reservation.objects.filter(expires_at__lte=now), now, is_abandoned=False)


def processes_bury(*, now: datetime) -> int:
    """End the reservations of processes that were silent for 30 seconds; returns how many ended."""
    expired = 0
    for process in Process.objects.filter(seen_at__lt=now - SILENT).order_by("seen_at", "pk"):
        ended = _expire(Reservation.objects.filter(process_id=process.pk), now, is_abandoned=True)
        if ended:
            log.warning("process_gone", process=process.pk, host=process.host, reservations=ended)
        Process.objects.filter(pk=process.pk, seen_at=process.seen_at).delete()
        expired += ended
    return expired


def reservations_purge(*, now: datetime) -> int:
    """Delete reservations that ended 30 days ago, too old to be repeated; returns how many were deleted."""
    ended = Reservation.objects.exclude(state=State.OPEN.value).filter(ended_at__lt=now - KEPT)
    return ended.delete()[0]


def _expire(chosen: "QuerySet[Reservation]", now: datetime, *, is_abandoned: bool) -> int:
    """A transaction for an account's reservations, of up to 200."""
    expired = 0
    while True:
        due = chosen.filter(state=State.OPEN.value).order_by("expires_at", "pk")
        found = sorted(due.values_list("account_id", "request_id")[:EXPIRED_AT_ONCE])
        ended = 0
        for account_id, some in groupby(found, key=lambda pair: pair[0]):
            ended += _expire_of(account_id, [request_id for _, request_id in some], now, is_abandoned)
        expired += ended
        if len(found) < EXPIRED_AT_ONCE or not ended:
            return expired


def _expire_of(account_id: int, request_ids: Sequence[str], now: datetime, is_abandoned: bool) -> int:
    works = [Work(account_id, Expire(now, request_id, is_abandoned)) for request_id in request_ids]
    return sum(decision.answer == Answer.EXPIRED for decision in ledger_execute_all(works))
