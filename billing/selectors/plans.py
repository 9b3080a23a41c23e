"""What a workspace may have by its plan."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from billing.models import BillingAccount
from billing.plans import Plan, entitled
from billing.pricing.months import plan_period
from workspaces.models import Membership


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan on a page: how many seats are taken, and when the next period begins."""

    plan: Plan
    members: int
    renews_at: datetime


def entitlements_for(workspace_id: str) -> Plan:
    """One read. Raises DoesNotExist."""
    return _entitled(BillingAccount.objects.values_list("plan", flat=True).get(workspace_id=workspace_id))


def plan_shown(account: BillingAccount, now: datetime) -> PlanShown | None:
    """None when no plan bounds the workspace."""
    plan = _entitled(account.plan)
    if not plan.name or account.plan_anchor is None:
        return None
    members = Membership.objects.filter(workspace_id=account.workspace_id).count()
    return PlanShown(plan, members, plan_period(account.plan_anchor, now)[1])


def _entitled(name: str) -> Plan:
    return entitled(name, has_payments=settings.PAYMENTS.mode != "none")
