"""Credit given by staff, once or for a period, and the end of periods."""

from datetime import datetime
from typing import Final

from django.db import transaction

from billing.errors import RequestConflict
from billing.ledger.decision import Decision
from billing.ledger.lapsing import lapse_of
from billing.ledger.operations import Answer, Credit
from billing.models import BillingAccount, PeriodicGrant
from billing.selectors.grants import grants_left
from billing.services.ledger import ledger_execute
from billing.services.work import Details
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record

GRANT_ID_CHARACTERS: Final = 64
LAPSES_AT_ONCE: Final = 500


def credit_grant(
    *, workspace_id: str, amount: int, grant_id: str, actor: Actor, ends_at: datetime | None = None
) -> bool:
    """Add `amount` micro-cents of credit to the balance, once for each `grant_id`; False for a repeat.

    With `ends_at`, what is not spent by then lapses. Raises RequestConflict when the id granted another amount, or when
    the balance would be more than the ledger can count.
    """
    if amount <= 0:
        raise ValueError("a grant is positive")
    with transaction.atomic():
        row = BillingAccount.objects.select_for_update().get(workspace_id=workspace_id)
        decision = account_credit(
            row, source=f"grant:{grant_id}", amount=amount, ends_at=ends_at, now=utc_now(), reason=actor.reason
        )
        if decision.answer == Answer.REFUSED:
            raise RequestConflict("The balance would be more than the ledger can count.")
        if decision.answer == Answer.CONFLICT:
            raise RequestConflict("This grant was given before, with another amount.")
        if decision.entry is None:
            return False
        details = {"micro_cents": amount, "grant": grant_id, "until": ends_at.isoformat() if ends_at else None}
        audit_record(workspace_id=workspace_id, actor=actor, action="billing.grant", details=details)
    return True


def account_credit(
    row: BillingAccount, *, source: str, amount: int, ends_at: datetime | None, now: datetime, reason: str = ""
) -> Decision:
    """Credit the account, whose row is locked; with `ends_at` what is left of it then lapses."""
    _spend(row)
    operation, details = Credit(now, source, amount), Details(reason=reason)
    decision = ledger_execute(account_id=row.pk, operation=operation, details=details)
    if decision.entry is not None and ends_at is not None:
        mark = {"mark_seq": decision.entry.seq, "mark_balance": decision.entry.balance_after}
        PeriodicGrant.objects.create(
            account_id=row.pk, source=source, amount=amount, left=amount, ends_at=ends_at, **mark
        )
    return decision


def grants_lapse(*, now: datetime) -> int:
    """End the periodic grants whose time is over, a transaction each; returns how many."""
    due = PeriodicGrant.objects.filter(lapsed_at=None, ends_at__lte=now).order_by("ends_at", "pk")
    found = list(due.values_list("pk", "account_id")[:LAPSES_AT_ONCE])
    return sum(_lapse(grant_id, account_id, now) for grant_id, account_id in found)


def _lapse(grant_id: int, account_id: int, now: datetime) -> bool:
    with transaction.atomic():
        row = BillingAccount.objects.select_for_update().get(pk=account_id)
        _spend(row)
        grant = PeriodicGrant.objects.get(pk=grant_id)
        if grant.lapsed_at is not None:
            return False
        amount = lapse_of(grant.left, row.balance, row.reserved)
        if amount:
            operation = Credit(now, f"lapse:{grant.source}", -amount)
            ledger_execute(account_id=account_id, operation=operation)
        PeriodicGrant.objects.filter(pk=grant_id).update(lapsed_at=now, lapsed=amount)
    return True


def _spend(row: BillingAccount) -> None:
    """Take from the account's open grants what was spent since their mark; `row` is locked."""
    for grant, left in grants_left(row):
        PeriodicGrant.objects.filter(pk=grant.pk).update(left=left, mark_seq=row.entry_seq, mark_balance=row.balance)
