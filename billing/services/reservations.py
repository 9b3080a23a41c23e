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

from billing.errors import (
    BalanceInsufficient,
    BillingFrozen,
    LedgerUnavailable,
    LimitReached,
    RequestConflict,
    SpendingClosed,
)
from billing.ledger.decision import Decision
from billing.ledger.facts import Hold, Payer
from billing.ledger.operations import Answer, Bound, Refusal, Release, Reserve, Settle
from billing.selectors.accounts import aaccount_id_of, account_id_of
from billing.services.ledger import ledger_execute, ledger_execute_all
from billing.services.running import ledger_runtime
from billing.services.work import Details, UsageDetails, Work, bounds_check, parts_check
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial, InternalError, ServiceUnavailable
from opencode.lib.money import format_dollars

log = structlog.get_logger(__name__)

LIFETIME: Final = timedelta(minutes=30)


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
    work = _reserve_work(account_id_of(workspace_id), wanted, now or utc_now())
    try:
        (decision,) = ledger_execute_all([work])
    except DatabaseError as error:
        log.exception("reservation_failed", workspace=workspace_id)
        raise LedgerUnavailable from error
    return _reserved(decision)


async def areserve(*, workspace_id: str, wanted: Wanted, now: datetime | None = None) -> Answer:
    """`reserve` in a web process: decided together with what others ask at the same time, durable when it returns.

    What it reserves is given back when the process is silent for 30 seconds.
    """
    account_id = await aaccount_id_of(workspace_id)
    return _reserved(await _execute(_reserve_work(account_id, wanted, now or utc_now())))


async def asettle(
    *,
    workspace_id: str,
    request_id: str,
    usage: Sequence[UsageDetails],
    payer: Payer,
    fingerprint: str,
    wire_format: str = "",
    body: str = "",
    now: datetime | None = None,
) -> Decision:
    """`settle` in a web process. Raises LedgerUnavailable when it may not have been charged: ask again."""
    account_id = await aaccount_id_of(workspace_id)
    details = Details(usage=tuple(usage), wire_format=wire_format, body=body)
    return await _execute(_settle_work(account_id, request_id, details, payer, fingerprint, now or utc_now()))


async def arelease(*, workspace_id: str, request_id: str, now: datetime | None = None) -> Answer:
    """`release` in a web process."""
    account_id = await aaccount_id_of(workspace_id)
    return (await _execute(Work(account_id, Release(now or utc_now(), request_id)))).answer


def settle(
    *,
    workspace_id: str,
    request_id: str,
    usage: Sequence[UsageDetails],
    payer: Payer,
    fingerprint: str,
    wire_format: str = "",
    body: str = "",
    now: datetime | None = None,
) -> Decision:
    """Charge the cost of a reserved request, one part for each model. `fingerprint` identifies its usage body.

    Returns `settled` or `already_settled`; or, with nothing changed, `released`, `unknown` or `conflict`. `wire_format`
    and `body`, the usage body as JSON, are kept for staff when a part is quarantined.
    """
    details = Details(usage=tuple(usage), wire_format=wire_format, body=body)
    work = _settle_work(account_id_of(workspace_id), request_id, details, payer, fingerprint, now or utc_now())
    (decision,) = ledger_execute_all([work])
    return decision


def release(*, workspace_id: str, request_id: str, now: datetime | None = None) -> Answer:
    """End a reservation for which nothing was spent. Returns `released`, or how it had ended before, or `unknown`."""
    operation = Release(now or utc_now(), request_id)
    return ledger_execute(account_id=account_id_of(workspace_id), operation=operation).answer


def _reserve_work(account_id: int, wanted: Wanted, now: datetime) -> Work:
    bounds_check(wanted.request_id, wanted.ceiling)
    hold = Hold(
        request_id=wanted.request_id,
        fingerprint=wanted.fingerprint,
        ceiling=wanted.ceiling,
        month=0,
        expires_at=now + wanted.lifetime,
        member_id=wanted.member_id,
        key_id=wanted.key_id,
        may_host_pay=wanted.may_host_pay,
    )
    return Work(account_id, Reserve(now, hold), Details(wanted.model, wanted.session_id, wanted.price_version_id))


def _settle_work(
    account_id: int, request_id: str, details: Details, payer: Payer, fingerprint: str, now: datetime
) -> Work:
    parts_check(request_id, details.usage)
    operation = Settle(now, request_id, tuple(part.cost for part in details.usage), payer, fingerprint)
    return Work(account_id, operation, details)


async def _execute(work: Work) -> Decision:
    try:
        return await ledger_runtime().execute(work)
    except (ServiceUnavailable, InternalError) as error:
        raise LedgerUnavailable from error


def _reserved(decision: Decision) -> Answer:
    if decision.refusal is not None:
        raise _denial(decision.refusal)
    if decision.answer == Answer.CONFLICT:
        raise RequestConflict
    return decision.answer


def _denial(refusal: Refusal) -> Denial:
    if refusal.bound == Bound.CLOSED:
        return SpendingClosed()
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
