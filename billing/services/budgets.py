"""Limits and credit set by people: the workspace's monthly budget, copies of members' and keys' limits, grants."""

from typing import Final

from django.db import transaction

from billing.errors import RequestConflict
from billing.ledger.facts import Scope
from billing.ledger.operations import Answer, Credit
from billing.models import BillingAccount, LimitCounter
from billing.services.ledger import ledger_execute
from billing.services.work import Details
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record

GRANT_ID_CHARACTERS: Final = 64


def budget_set(*, workspace_id: str, monthly_limit: int | None, actor: Actor) -> bool:
    """Set what the workspace may spend a calendar month, in micro-cents; None: no limit. False when nothing changes."""
    with transaction.atomic():
        row = BillingAccount.objects.select_for_update().get(workspace_id=workspace_id)
        if row.monthly_limit == monthly_limit:
            return False
        BillingAccount.objects.filter(pk=row.pk).update(monthly_limit=monthly_limit)
        details = {"from": row.monthly_limit, "to": monthly_limit}
        audit_record(workspace_id=workspace_id, actor=actor, action="billing.budget", details=details)
    return True


def limit_copy(workspace_id: str, scope: str, scope_id: str, monthly_limit: int | None) -> None:
    """Copy a member's or key's new limit to its counters, in the transaction that sets it.

    A counter that does not exist yet reads the limit when a request creates it; the account's lock orders the two.
    """
    account = BillingAccount.objects.select_for_update().filter(workspace_id=workspace_id).first()
    if account is None:
        return
    mine = LimitCounter.objects.filter(account_id=account.pk, scope=Scope(scope).value, scope_id=scope_id)
    mine.filter(month__gte=account.month).update(limit=monthly_limit)


def credit_grant(*, workspace_id: str, amount: int, grant_id: str, actor: Actor) -> bool:
    """Add `amount` micro-cents of credit to the balance, once for each `grant_id`; False for a repeat.

    Raises RequestConflict when the id granted another amount.
    """
    if amount <= 0:
        raise ValueError("a grant is positive")
    with transaction.atomic():
        account_id = BillingAccount.objects.values_list("pk", flat=True).get(workspace_id=workspace_id)
        operation = Credit(utc_now(), f"grant:{grant_id}", amount)
        decision = ledger_execute(account_id=account_id, operation=operation, details=Details(reason=actor.reason))
        if decision.answer == Answer.CONFLICT:
            raise RequestConflict("This grant was given before, with another amount.")
        if decision.entry is None:
            return False
        details = {"micro_cents": amount, "grant": grant_id}
        audit_record(workspace_id=workspace_id, actor=actor, action="billing.grant", details=details)
    return True
