"""Brings an account to where Stripe says its customer is: its plan, what the plan includes, a card that was changed.

As with top-ups, only the newest reading is written, and nothing is believed that was not read.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from billing.ledger import subscriptions as rules
from billing.ledger.subscriptions import CustomerReading, Subscribed
from billing.models import AutoTopUp, BillingAccount, StripeCall, StripeCustomer
from billing.services.plans import allowance_give
from billing.stripe.autotopups import auto_top_up_resume
from billing.stripe.client import stripe_client, stripe_error
from billing.stripe.converging import LEASE
from billing.stripe.customerreading import customer_read
from opencode.lib.actor import THE_CONSOLE
from workspaces.services.audit import audit_record

log = structlog.get_logger(__name__)
READ_AGAIN: Final = timedelta(hours=24)
PAGE_OPEN: Final = timedelta(hours=25)
"""A page to subscribe on is good for a day."""
CUSTOMERS_AT_ONCE: Final = 200


def customer_converge(account_id: int, *, now: datetime) -> bool:
    """Read the customer and move the account; any number of times, in any order, by anybody at once.

    False when it was not read, or another reading has overtaken this one: it stays due. Stripe's errors are logged.
    """
    customer_id = BillingAccount.objects.values_list("customer_id", flat=True).get(pk=account_id)
    StripeCustomer.objects.get_or_create(pk=account_id)
    mine = StripeCustomer.objects.filter(pk=account_id)
    if customer_id is None:
        mine.update(due_at=None)
        return False
    mine.update(token=F("token") + 1, due_at=now + LEASE)
    token = mine.values_list("token", flat=True).get()
    try:
        reading = customer_read(stripe_client(), customer_id)
    except stripe_error() as error:
        log.warning("stripe_unread", account=account_id, error=f"{type(error).__name__}: {error}"[:200])
        return False
    return _write(account_id, token, reading, now)


def customer_converge_safely(account_id: int, *, now: datetime) -> bool:
    """Like `customer_converge` for a worker with many: an error of ours is logged, and does not keep others waiting."""
    try:
        return customer_converge(account_id, now=now)
    except Exception:
        log.exception("customer_not_converged", account=account_id)
        return False


def customers_due(now: datetime) -> list[int]:
    """Accounts whose customer is to be read.

    Those that are marked, those subscribed that were not read for a day, those with a page to subscribe on.
    """
    live = ~Q(status__in=rules.ENDED)
    rows = StripeCustomer.objects.filter(Q(due_at__lte=now) | live & Q(read_at__lte=now - READ_AGAIN))
    found = list(rows.order_by("due_at", "pk").values_list("pk", flat=True)[:CUSTOMERS_AT_ONCE])
    asked = StripeCall.objects.filter(act=StripeCall.Act.SUBSCRIBE, created_at__gt=now - PAGE_OPEN)
    return sorted({*found, *asked.values_list("account_id", flat=True)[:CUSTOMERS_AT_ONCE]})


def customers_converge(*, now: datetime) -> int:
    """Read the customers that are marked; returns how many were."""
    due = StripeCustomer.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:CUSTOMERS_AT_ONCE])
    return sum(customer_converge_safely(account_id, now=now) for account_id in ids)


def _write(account_id: int, token: int, reading: CustomerReading, now: datetime) -> bool:
    with transaction.atomic():
        account = BillingAccount.objects.select_for_update().get(pk=account_id)
        row = StripeCustomer.objects.select_for_update().get(pk=account_id)
        if row.token != token:
            return False
        current = rules.current_of(reading)
        _plan(account, row, current, now)
        _card(account_id, reading.card_id)
        _note(row, reading, current, now)
        row.save()
    if surplus := rules.surplus_of(reading):
        log.error("subscription_paid_twice", account=account_id, surplus=surplus)
    return True


def _plan(account: BillingAccount, row: StripeCustomer, current: Subscribed | None, now: datetime) -> None:
    """A subscription gives its plan, and takes it along when it ends; what staff have set meanwhile stays."""
    plan, before = rules.plan_given(current), row.plan if row.status in rules.ENTITLED else ""
    is_new = plan != "" and (plan != account.plan or account.plan_anchor is not None)
    if is_new or (not plan and before and account.plan == before):
        BillingAccount.objects.filter(pk=account.pk).update(plan=plan, plan_anchor=None, allowance_due_at=None)
        details = {"from": account.plan, "to": plan}
        audit_record(workspace_id=account.workspace_id, actor=THE_CONSOLE, action="billing.plan", details=details)
    if current is not None and current.status in rules.PAID and current.is_paid and settings.SELLS_PLANS:
        source = rules.allowance_source(current)
        allowance_give(account, plan=current.plan, source=source, ends_at=current.renews_at, now=now)


def _card(account_id: int, card_id: str) -> None:
    """Another card than the one that was not charged is there now: topping up by itself goes on."""
    paused = AutoTopUp.objects.filter(pk=account_id).exclude(paused_at=None).exclude(card_id=card_id)
    if card_id and paused.exists():
        auto_top_up_resume(account_id)


def _note(row: StripeCustomer, reading: CustomerReading, current: Subscribed | None, now: datetime) -> None:
    row.name, row.email = reading.name[:300], reading.email[:300]
    row.country, row.tax_id = reading.country[:2], reading.tax_id[:100]
    row.card, row.card_id = reading.card[:40], reading.card_id
    row.subscription_id = current.id if current else ""
    row.item_id = current.item_id if current else ""
    row.status = current.status if current else ""
    row.plan = current.plan if current else ""
    row.cents, row.seats = (current.cents, current.seats) if current else (0, 0)
    row.period_begins_at = current.begins_at if current else None
    row.period_ends_at = current.renews_at if current else None
    row.ends_at = current.ends_at if current else None
    row.is_paused = current is not None and current.is_paused
    row.read_at, row.due_at, row.mirror_due_at = now, None, now
