"""Executes one operation in one transaction: locks and reads the facts, lets the rules decide, writes the changes.

Locks in this order: the account, counters by id, the reservation. The account's lock alone serialises operations on
it; the first request of a month, a member or a key is no exception.
"""

from typing import Final

import structlog
from django.db import OperationalError, connection, transaction

from billing.ledger.deciding import Decision, counters_needed, decide
from billing.ledger.facts import Facts
from billing.ledger.operations import Credit, Operation, Reserve, Settle
from billing.models import BillingAccount, LedgerEntry, Reservation, Usage
from billing.services.ledgerrows import (
    Details,
    account_of,
    account_write,
    counters_of,
    counters_write,
    entry_create,
    hold_create,
    hold_of,
    usage_create,
)

log = structlog.get_logger(__name__)
ATTEMPTS: Final = 5


def ledger_execute(*, account_id: int, operation: Operation, details: Details | None = None) -> Decision:
    """Decide and write; a repeat gets the same answer. Raises DatabaseError with nothing changed.

    What the database rolled back, as after a deadlock, is tried again, unless the caller has a transaction open.
    """
    attempts = 1 if connection.in_atomic_block else ATTEMPTS
    for left in reversed(range(attempts)):
        try:
            with transaction.atomic():
                decision = _execute(account_id, operation, details or Details())
        except OperationalError:
            if not left:
                raise
        else:
            break
    carried = sum(charge.carried for charge in decision.charges)
    if carried:
        log.warning("usage_carried", account=account_id, micro_cents=carried, was_expired=decision.was_expired)
    return decision


def _execute(account_id: int, operation: Operation, details: Details) -> Decision:
    row = BillingAccount.objects.select_for_update().get(pk=account_id)
    reservation = _reservation(account_id, operation)
    before = _facts(row, reservation, operation)
    decision = decide(before, operation)
    after = decision.facts
    if after is before:
        return decision
    account_write(row, after.account)
    counters_write(row, before.counters, after.counters)
    _hold_write(account_id, reservation, decision, operation, details)
    if isinstance(operation, Settle) and reservation is not None:
        usage_create(
            reservation,
            list(zip(details.usage, decision.charges, strict=True)),
            now=operation.now,
            payer=operation.payer,
            fingerprint=operation.fingerprint,
            was_expired=decision.was_expired,
        )
    if decision.entry is not None:
        entry_create(account_id, decision.entry, operation.now, details.reason)
    return decision


def _reservation(account_id: int, operation: Operation) -> Reservation | None:
    """Read without a lock of its own: the account's lock, held by the caller, protects it."""
    if isinstance(operation, Credit):
        return None
    return Reservation.objects.filter(account_id=account_id, request_id=_request_id(operation)).first()


def _facts(row: BillingAccount, reservation: Reservation | None, operation: Operation) -> Facts:
    account = account_of(row)
    if isinstance(operation, Credit):
        entry = LedgerEntry.objects.filter(account_id=row.pk, source=operation.source)
        return Facts(account, {}, credited=entry.values_list("amount", flat=True).first())
    hold = hold_of(reservation) if reservation is not None else None
    used = Usage.objects.filter(account_id=row.pk, request_id=_request_id(operation))
    return Facts(
        account=account,
        counters=counters_of(row, counters_needed(account, hold, operation)),
        hold=hold,
        settled=used.values_list("fingerprint", flat=True).first(),
    )


def _hold_write(
    account_id: int, reservation: Reservation | None, decision: Decision, operation: Operation, details: Details
) -> None:
    hold = decision.facts.hold
    if reservation is None:
        if hold is not None:
            hold_create(account_id, hold, operation.now, details)
        return
    mine = Reservation.objects.filter(pk=reservation.pk)
    if hold is None:
        mine.delete()
    else:
        mine.update(state=hold.state.value, ended_at=hold.ended_at)


def _request_id(operation: Operation) -> str:
    match operation:
        case Reserve():
            return operation.hold.request_id
        case Credit():
            return ""
        case _:
            return operation.request_id
