"""A workspace's plan, and the credit that each of its periods begins with."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from billing.errors import PlanSubscribed
from billing.ledger.subscriptions import ENTITLED
from billing.models import BillingAccount, PeriodicGrant, StripeCustomer
from billing.plans import PLANS
from billing.pricing.months import plan_period
from billing.services.grants import account_credit
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record

ALLOWANCES_AT_ONCE: Final = 500


def plan_set(*, workspace_id: str, plan: str, actor: Actor) -> bool:
    """Give the workspace the plan of this name, empty for none; False when it had it.

    Nothing that is there is taken away: members stay beyond the seats, and what was included of a period that runs is
    spent or lapses at its end. Periods are counted from the first plan's beginning, until there is none. Raises
    PlanSubscribed while a subscription at Stripe gives the plan.
    """
    if plan and plan not in PLANS:
        raise ValueError(f"no such plan: {plan}")
    with transaction.atomic():
        row = BillingAccount.objects.select_for_update().get(workspace_id=workspace_id)
        if row.plan == plan:
            return False
        if StripeCustomer.objects.filter(pk=row.pk, status__in=ENTITLED).exists():
            raise PlanSubscribed
        anchor = (row.plan_anchor or utc_now()) if plan else None
        BillingAccount.objects.filter(pk=row.pk).update(plan=plan, plan_anchor=anchor, allowance_due_at=anchor)
        details = {"from": row.plan, "to": plan}
        audit_record(workspace_id=workspace_id, actor=actor, action="billing.plan", details=details)
    return True


def allowances_mint(*, now: datetime) -> int:
    """Credit the accounts whose period has begun with what their plan includes; returns how many got some.

    A period is credited once, by its beginning; of a workspace that is closed when it begins, once it is open again.
    """
    if settings.PAYMENTS.mode == "none" or not settings.SELLS_PLANS:
        return 0
    due = BillingAccount.objects.filter(
        allowance_due_at__lte=now, workspace__deleted_at=None, workspace__blocked_at=None
    )
    found = list(due.order_by("allowance_due_at", "pk").values_list("pk", flat=True)[:ALLOWANCES_AT_ONCE])
    return sum(_mint(account_id, now) for account_id in found)


def _mint(account_id: int, now: datetime) -> bool:
    with transaction.atomic():
        row = BillingAccount.objects.select_for_update().get(pk=account_id)
        if row.plan_anchor is None or row.allowance_due_at is None or row.allowance_due_at > now:
            return False
        begins, ends = plan_period(row.plan_anchor, now)
        source = f"allowance:{begins:%Y-%m-%d}:{row.plan}"
        is_given = allowance_give(row, plan=row.plan, source=source, ends_at=ends, now=now)
        BillingAccount.objects.filter(pk=account_id).update(allowance_due_at=ends)
    return is_given


def allowance_give(row: BillingAccount, *, plan: str, source: str, ends_at: datetime, now: datetime) -> bool:
    """Credit the account, whose row is locked, with what the plan includes for the period that ends then.

    Less what the period was credited with already; False when nothing is left of it.
    """
    amount = PLANS[plan].included - _given(row.pk, ends_at)
    if amount > 0:
        account_credit(row, source=source, amount=amount, ends_at=ends_at, now=now)
    return amount > 0


def _given(account_id: int, ends_at: datetime) -> int:
    """What the period was credited with already, as by a smaller plan."""
    given = PeriodicGrant.objects.filter(account_id=account_id, source__startswith="allowance:", ends_at=ends_at)
    return sum(given.values_list("amount", flat=True))
