"""Executes operations in one transaction: locks, reads the facts, lets the rules decide in order, writes the changes.

Locks in this order: accounts by id, then their counters, reservations and sums. An account's lock alone serialises the
operations on it; the first request of a month, a member or a key is no exception.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction

from billing.ledger.deciding import decide
from billing.ledger.decision import Decision
from billing.ledger.operations import Operation
from billing.models import BillingAccount
from billing.services.facts import BatchFacts
from billing.services.firings import refusal_note
from billing.services.rows import decision_note
from billing.services.work import Details, Work
from billing.store.claiming import auto_top_ups_claim
from billing.store.reading import LockedAccount, lock_accounts
from billing.store.writing import Changes

log = structlog.get_logger(__name__)
ATTEMPTS: Final = 5


def ledger_execute(*, account_id: int, operation: Operation, details: Details | None = None) -> Decision:
    """Decide and write; a repeat gets the same answer. Raises DatabaseError with nothing changed."""
    (decision,) = ledger_execute_all([Work(account_id, operation, details or Details())])
    return decision


def ledger_execute_all(works: Sequence[Work]) -> list[Decision]:
    """Decide operations one after another and write them together, all or nothing. Waits for locks.

    What the database rolled back, as after a deadlock, is tried again, unless the caller has a transaction open.
    """
    attempts = 1 if connection.in_atomic_block else ATTEMPTS
    for left in reversed(range(attempts)):
        try:
            with transaction.atomic():
                decisions = _lock_and_write(works)
        except OperationalError:
            if not left:
                raise
        else:
            break
    for work, decision in zip(works, decisions, strict=True):
        carried_log(work, decision)
    return decisions


def _lock_and_write(works: Sequence[Work]) -> list[Decision]:
    account_ids = sorted({work.account_id for work in works})
    accounts = lock_accounts(account_ids, skip_locked=False)
    if len(accounts) < len(account_ids):
        raise BillingAccount.DoesNotExist
    return ledger_write(works, accounts)


def ledger_write(works: Sequence[Work], accounts: dict[int, LockedAccount]) -> list[Decision]:
    """Decide and write inside the caller's transaction, which has locked the accounts."""
    batch, changes = BatchFacts(accounts, works), Changes()
    decisions = [_decide(work, batch, changes) for work in works]
    changes.write()
    charged = {work.account_id for work, decision in zip(works, decisions, strict=True) if _is_charged(decision)}
    if charged and settings.PAYMENTS.mode != "none":
        auto_top_ups_claim(sorted(charged), max(work.operation.now for work in works))
    return decisions


def _is_charged(decision: Decision) -> bool:
    """Whether usage lowered the balance: what staff and refunds take from it charges no card."""
    return any(charge.charged for charge in decision.charges)


def _decide(work: Work, batch: BatchFacts, changes: Changes) -> Decision:
    before = batch.of(work)
    decision = decide(before, work.operation)
    if decision.facts is not before:
        decision_note(work, decision, before, batch, changes)
    if decision.refusal is not None:
        refusal_note(work, decision.refusal, before, batch, changes)
    return decision


def carried_log(work: Work, decision: Decision) -> None:
    """Alert the host to what it pays itself."""
    carried = sum(charge.carried for charge in decision.charges)
    if carried:
        log.warning("usage_carried", account=work.account_id, micro_cents=carried, was_expired=decision.was_expired)
