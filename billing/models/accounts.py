"""One account a workspace, and the counters of its members' and keys' limits. Amounts are micro-cents.

Workspaces, people and keys are referenced without foreign keys in the database: checking one would take a lock out of
order, and a cascade would erase money.
"""

from typing import ClassVar

from django.db import models

from billing.ledger.facts import Funding, Scope
from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models import Workspace


def new_billing_account_id() -> str:
    """Unused since accounts lost these ids; kept because a migration names it."""
    return new_id("bil")


class BillingAccount(models.Model):
    """A workspace's account; created with the workspace, in the same transaction.

    `reserved` is held against the balance; `month_` amounts count towards the monthly limit, for `month` only.
    """

    workspace = models.OneToOneField(
        Workspace, on_delete=models.PROTECT, related_name="billing_account", db_constraint=False
    )
    created_at = models.DateTimeField(default=utc_now, editable=False)
    funding = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in Funding], default=Funding.POSTPAID.value
    )
    balance = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    entry_seq = models.BigIntegerField(default=0)
    month = models.PositiveIntegerField(default=0, help_text="such as 202611; 0 before the first request")
    month_used = models.BigIntegerField(default=0)
    month_reserved = models.BigIntegerField(default=0)
    monthly_limit = models.BigIntegerField(null=True, blank=True)
    counts_own = models.BooleanField(default=True, help_text="usage on own credentials counts towards limits")
    frozen_at = models.DateTimeField(null=True, blank=True)
    # Alerts say how much of the last credit is used.
    credited_seq = models.BigIntegerField(default=0, db_default=0, help_text="the entry of the last credit")
    credited_balance = models.BigIntegerField(default=0, db_default=0, help_text="the balance after the last credit")
    customer_id = models.CharField(
        max_length=190, null=True, blank=True, unique=True, help_text="the customer at Stripe"
    )
    plan = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="empty: none")
    plan_anchor = models.DateTimeField(null=True, blank=True, help_text="from when the plan's periods are counted")
    allowance_due_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        permissions: ClassVar = [
            ("fund_account", "Can change who pays, and freeze spending"),
            ("set_plan", "Can change a workspace's plan"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="account_reserved_not_negative"),
            models.CheckConstraint(
                condition=models.Q(month_reserved__gte=0), name="account_month_reserved_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"billing of {self.workspace_id}"


class LimitCounter(models.Model):
    """Used and held amounts of a member (by person id) or key (by its first id) in a month; `limit` is a copy."""

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="counters", db_constraint=False, db_index=False
    )
    scope = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Scope])
    scope_id = models.CharField(max_length=30)
    month = models.PositiveIntegerField()
    used = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    limit = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "scope", "scope_id", "month"], name="limit_counter_once_a_month"
            ),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="counter_reserved_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_id} in {self.month}"
