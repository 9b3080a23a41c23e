"""The port for everything that spends: reserve before anything can cost, then settle or release.

Request ids are chosen by the caller, up to 64 characters, unique in a workspace. A reservation that is neither
settled nor released in time expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import DatabaseError

from billing.errors import BalanceInsufficient, BillingFrozen, LedgerUnavailable, LimitReached, RequestConflict
from billing.ledger.decision import Decision
from billing.ledger.facts import Hold, Payer, State
from billing.ledger.operations import Answer, Bound, Expire, Refusal, Release, Reserve, Settle
from billing.models import BillingAccount, Reservation
from billing.services.ledger import ledger_execute
from billing.services.work import Details, UsageDetails, bounds_check, parts_check
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial
from opencode.lib.money import format_dollars

log = structlog.get_logger(__name__)

LIFETIME: Final = timedelta(minutes=30)
KEPT: Final = timedelta(days=30)
EXPIRED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that is about to be sent. `member_id` is a person's id, `key_id` that of the first key of a rotation.

    `may_host_pay`: at least one candidate uses the host's credentials.
    """

    request_id: str
    fingerprint: str
    ceiling: int
    model: str
    member_id: str = ""
    key_id: str = ""
    session_id: str = ""
    price_version_id: int | None = None
    may_host_pay: bool = True
    lifetime: timedelta = LIFETIME


def reserve(*, workspace_id: str, wanted: Wanted, now: datetime | None = None) -> Answer:
    """`reserved`, for a repeat too; `already_settled`, `released` or `expired` when it has ended since.

    Raises BalanceInsufficient, LimitReached, BillingFrozen, RequestConflict; LedgerUnavailable when the database fails.
    When it raises, the request must not be sent.
    """
    bounds_check(wanted.request_id, wanted.ceiling)
    moment = now or utc_now()
    hold = Hold(
        request_id=wanted.request_id,
        fingerprint=wanted.fingerprint,
        ceiling=wanted.ceiling,
        month=0,
        expires_at=moment + wanted.lifetime,
        member_id=wanted.member_id,
        key_id=wanted.key_id,
        may_host_pay=wanted.may_host_pay,
    )
    details = Details(wanted.model, wanted.session_id, wanted.price_version_id)
    try:
        decision = ledger_execute(
            account_id=account_id_of(workspace_id), operation=Reserve(moment, hold), details=details
        )
    except DatabaseError as error:
        log.exception("reservation_failed", workspace=workspace_id)
        raise LedgerUnavailable from error
    if decision.refusal is not None:
        raise _denial(decision.refusal)
    if decision.answer == Answer.CONFLICT:
        raise RequestConflict
    return decision.answer


def settle(
    *,
    workspace_id: str,
    request_id: str,
    usage: Sequence[UsageDetails],
    payer: Payer,
    fingerprint: str,
    now: datetime | None = None,
) -> Decision:
    """Charge the cost of a reserved request, one part for each model. `fingerprint` identifies its usage body.

    Returns `settled` or `already_settled`; or, with nothing changed, `released`, `unknown` or `conflict`.
    """
    parts_check(request_id, usage)
    operation = Settle(now or utc_now(), request_id, tuple(part.cost for part in usage), payer, fingerprint)
    return ledger_execute(
        account_id=account_id_of(workspace_id), operation=operation, details=Details(usage=tuple(usage))
    )


def release(*, workspace_id: str, request_id: str, now: datetime | None = None) -> Answer:
    """End a reservation for which nothing was spent. Returns `released`, or how it had ended before, or `unknown`."""
    operation = Release(now or utc_now(), request_id)
    return ledger_execute(account_id=account_id_of(workspace_id), operation=operation).answer


def reservations_expire(*, now: datetime) -> int:
    """End reservations that were not settled or released in time, a transaction each; returns how many ended."""
    expired = 0
    while True:
        due = Reservation.objects.filter(state=State.OPEN.value, expires_at__lte=now).order_by("expires_at")
        found = list(due.values_list("account_id", "request_id")[:EXPIRED_AT_ONCE])
        for account_id, request_id in found:
            answer = ledger_execute(account_id=account_id, operation=Expire(now, request_id)).answer
            expired += answer == Answer.EXPIRED
        if len(found) < EXPIRED_AT_ONCE:
            return expired


def reservations_purge(*, now: datetime) -> int:
    """Delete reservations that ended 30 days ago, too old to be repeated; returns how many were deleted."""
    ended = Reservation.objects.exclude(state=State.OPEN.value).filter(ended_at__lt=now - KEPT)
    return ended.delete()[0]


def account_id_of(workspace_id: str) -> int:
    return BillingAccount.objects.values_list("pk", flat=True).get(workspace_id=workspace_id)


def _denial(refusal: Refusal) -> Denial:
    if refusal.bound == Bound.FROZEN:
        return BillingFrozen()
    if refusal.bound == Bound.BALANCE:
        said = f"The balance is {format_dollars(refusal.amount)}, {format_dollars(refusal.held)} of it held."
        return BalanceInsufficient(said, balance=refusal.amount, held=refusal.held)
    if refusal.bound == Bound.TOTAL:
        return LimitReached("This would come to more than the ledger can count.", bound="total", limit=refusal.amount)
    return LimitReached(
        f"The monthly limit of the {refusal.bound} is {format_dollars(refusal.amount)}: "
        f"{format_dollars(refusal.used)} used, {format_dollars(refusal.held)} held by running requests.",
        bound=str(refusal.bound),
        limit=refusal.amount,
        used=refusal.used,
        held=refusal.held,
        resets_at=refusal.resets_at.isoformat() if refusal.resets_at else None,
    )
