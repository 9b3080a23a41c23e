"""What a workspace may have by its plan."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from billing.ledger.subscriptions import ENDED, ENTITLED, PAID
from billing.models import BillingAccount, StripeCustomer
from billing.plans import Plan, entitled
from billing.pricing.months import plan_period
from workspaces.models import Membership


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A workspace's plan on a page. `renews_at` is when its next period begins, None without one.

    `customer` is what was read of the subscription, None when no subscription gives or gave the plan.
    """

    plan: Plan
    members: int
    renews_at: datetime | None
    customer: StripeCustomer | None

    @property
    def state(self) -> str:
        """One of none, active, ending, past_due, unpaid, incomplete, paused and ended."""
        row = self.customer
        if row is None or not row.status:
            return "none"
        if row.status in ENDED:
            return "ended"
        if row.is_paused or row.status == "paused":
            return "paused"
        if row.status in PAID:
            return "active" if row.ends_at is None else "ending"
        return row.status

    @property
    def has_subscription(self) -> bool:
        return self.state not in ("none", "ended", "incomplete")

    @property
    def seats_to_bill(self) -> int:
        """What the subscription's seats should be; pages say when they are not."""
        return self.plan.seats_billed(self.members)


def has_plans() -> bool:
    """Whether plans are sold here, and bound workspaces."""
    return settings.PAYMENTS.mode != "none" and settings.SELLS_PLANS


def entitlements_for(workspace_id: str) -> Plan:
    """One read. Raises DoesNotExist."""
    return _entitled(BillingAccount.objects.values_list("plan", flat=True).get(workspace_id=workspace_id))


def members_of(workspace_id: str) -> int:
    """How many members there are, suspended ones too: each of them has a seat."""
    return Membership.objects.filter(workspace_id=workspace_id).count()


def plan_shown(account: BillingAccount, now: datetime) -> PlanShown | None:
    """None where plans are not sold."""
    if not has_plans():
        return None
    customer = StripeCustomer.objects.filter(pk=account.pk).first()
    renews_at = plan_period(account.plan_anchor, now)[1] if account.plan_anchor is not None else None
    if customer is not None and customer.status in ENTITLED:
        renews_at = customer.period_ends_at
    return PlanShown(_entitled(account.plan), members_of(account.workspace_id), renews_at, customer)


def _entitled(name: str) -> Plan:
    return entitled(name, has_plans=has_plans())
