"""Limits set by people: the workspace's monthly budget, and copies of members' and keys' limits."""

from django.db import transaction

from billing.ledger.alerting import About, reached
from billing.ledger.facts import Scope
from billing.models import BillingAccount, LimitCounter
from billing.pricing.months import month_of
from billing.store.firings import Fired, insert_firings
from opencode.lib.actor import PERSON, Actor
from opencode.lib.clock import utc_now
from workspaces.models import Workspace
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed


def budget_set(*, workspace_id: str, monthly_limit: int | None, actor: Actor) -> bool:
    """Set what the workspace may spend a calendar month, in micro-cents; None: no limit. False when nothing changes.

    Raises NotFound, Forbidden when a person who acts has lost the right to by now.
    """
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace_id)
        if actor.kind == PERSON:
            require_allowed(workspace_id, actor.id, "budget.set")
        row = BillingAccount.objects.select_for_update().get(workspace_id=workspace_id)
        if row.monthly_limit == monthly_limit:
            return False
        BillingAccount.objects.filter(pk=row.pk).update(monthly_limit=monthly_limit)
        _fire(row, About.WORKSPACE, "", monthly_limit, row.month_used)
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
    used = mine.filter(month=account.month).values_list("used", flat=True).first()
    _fire(account, About(scope), scope_id, monthly_limit, used or 0)


def _fire(account: BillingAccount, about: About, scope_id: str, limit: int | None, used: int) -> None:
    """Alert to what is used already of a limit that is new; of a month that is over nothing counts any more."""
    now = utc_now()
    if account.month == month_of(now):
        firings = reached(about, scope_id, account.month, limit, used)
        insert_firings([Fired(account.pk, firing, now) for firing in firings])
