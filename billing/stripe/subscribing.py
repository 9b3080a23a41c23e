"""Buys and changes a workspace's plan: on Stripe's page at first, afterwards by changing the subscription."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from billing.errors import PaymentsOff, PaymentsUnavailable, PlanChangesTooMany, PlanNotCharged, PlansOff
from billing.ledger.payments import CURRENCY
from billing.ledger.subscriptions import ENDED, PAID
from billing.models import BillingAccount, StripeCall, StripeCustomer
from billing.plans import PLANS, Plan
from billing.selectors.plans import members_of
from billing.stripe.calls import CallRefused, CallUnanswered, call_make, call_plan
from billing.stripe.client import stripe_client, stripe_error, stripe_refusals
from billing.stripe.customers import PAGE_OPEN, customer_converge
from billing.stripe.topups import customer_ensure
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.models import Workspace
from workspaces.services.audit import audit_record

HOUR: Final = timedelta(hours=1)
CHANGES_AN_HOUR: Final = 30
PAGES_AT_ONCE: Final = 20
Act: Final = StripeCall.Act


def plan_choose(*, workspace: Workspace, plan: str, actor: Actor, now: datetime | None = None) -> str:
    """The address of Stripe's page to subscribe on; empty when the subscription was changed, or there is nothing to do.

    A smaller plan that is paid for begins at once, and what was paid too much is credited on the next invoice; the free
    one begins when the period ends. Raises KeyError for an unknown plan, PaymentsOff, PlansOff, PlanChangesTooMany,
    PlanNotCharged when the card does not pay, and PaymentsUnavailable: then nothing is changed.
    """
    now, wanted = now or utc_now(), PLANS[plan]
    if settings.PAYMENTS.mode == "none":
        raise PaymentsOff
    if not settings.SELLS_PLANS:
        raise PlansOff
    account = BillingAccount.objects.get(workspace_id=workspace.pk)
    try:
        customer_id = customer_ensure(account, now=now)
        _pages_close(account.pk, now)
        if not customer_converge(account.pk, now=now):
            raise PaymentsUnavailable
        return _choose(account, workspace, customer_id, wanted, actor, now)
    except (CallUnanswered, stripe_error()) as error:
        raise PaymentsUnavailable from error
    except CallRefused as error:
        raise PlanNotCharged(f"The card was not charged ({error}), so the plan stays as it is.") from error


def price_ensure(plan: Plan) -> str:
    """The id of the plan's price at Stripe, which is found by a key with its amount, or made. Raises StripeError."""
    key = f"opencode_console_{plan.name}_{plan.cents}"
    prices = stripe_client().v1.prices
    found = prices.list({"lookup_keys": [key], "limit": 1}).data
    if found:
        return found[0].id
    given: Any = {
        "currency": CURRENCY,
        "unit_amount": plan.cents,
        "recurring": {"interval": "month"},
        "lookup_key": key,
        "metadata": {"plan": plan.name},
        "product_data": {"name": f"opencode console {plan.label}{', a member' if plan.is_per_seat else ''}"},
    }
    return prices.create(given, {"idempotency_key": key}).id


def subscription_change(row: StripeCustomer, changes: Mapping[str, Any], *, now: datetime) -> None:
    """Change the subscription, written down before; then have it read. Raises CallRefused, CallUnanswered."""
    parameters = {"subscription": row.subscription_id, **changes}
    call_make(call_plan(account_id=row.account_id, act=Act.CHANGE, parameters=parameters, now=now), now=now)
    customer_converge(row.account_id, now=now)


def _choose(
    account: BillingAccount, workspace: Workspace, customer_id: str, wanted: Plan, actor: Actor, now: datetime
) -> str:
    row = StripeCustomer.objects.get(pk=account.pk)
    if row.status in ENDED or row.status == "incomplete":
        if not wanted.is_sold:
            return ""
        return str(call_make(_subscribe(account, workspace, customer_id, wanted, actor, now), now=now).url)
    if row.status not in PAID and wanted.is_sold:
        raise PlanNotCharged("The last invoice of the plan is not paid: change the card first.")
    changes = _changes(row, wanted, members_of(workspace.pk))
    if changes:
        _noted(account, wanted, actor, now)
        subscription_change(row, changes, now=now)
    return ""


def _changes(row: StripeCustomer, wanted: Plan, members: int) -> dict[str, Any]:
    """What of the subscription is to be changed; nothing when it is so already."""
    if not wanted.is_sold:
        return {} if row.ends_at is not None else {"cancel_at_period_end": True}
    if row.plan == wanted.name:
        return {} if row.ends_at is None else {"cancel_at_period_end": False}
    item = {"id": row.item_id, "price": price_ensure(wanted), "quantity": wanted.seats_billed(members)}
    changes = {"items": [item], "proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
    return changes if row.ends_at is None else {**changes, "cancel_at_period_end": False}


def _subscribe(
    account: BillingAccount, workspace: Workspace, customer_id: str, wanted: Plan, actor: Actor, now: datetime
) -> StripeCall:
    back = settings.PUBLIC_URL + reverse("billing:plan", args=[workspace.slug])
    parameters = {
        "mode": "subscription",
        "customer": customer_id,
        "line_items": [{"price": price_ensure(wanted), "quantity": wanted.seats_billed(members_of(workspace.pk))}],
        "allow_promotion_codes": True,
        "subscription_data": {"metadata": {"account": str(account.pk)}},
        "success_url": back,
        "cancel_url": back,
    }
    with transaction.atomic():
        _noted(account, wanted, actor, now)
        return call_plan(account_id=account.pk, act=Act.SUBSCRIBE, parameters=parameters, now=now)


def _noted(account: BillingAccount, wanted: Plan, actor: Actor, now: datetime) -> None:
    with transaction.atomic():
        BillingAccount.objects.select_for_update().get(pk=account.pk)
        asked = StripeCall.objects.filter(account_id=account.pk, act__in=(Act.SUBSCRIBE, Act.CHANGE))
        if asked.filter(created_at__gt=now - HOUR).count() >= CHANGES_AN_HOUR:
            raise PlanChangesTooMany(retry_after=int(HOUR.total_seconds()))
        details = {"plan": wanted.name}
        audit_record(workspace_id=account.workspace_id, actor=actor, action="billing.plan_choose", details=details)


def _pages_close(account_id: int, now: datetime) -> None:
    """End earlier pages to subscribe on, so that two of them cannot both be paid. Raises StripeError but refusals."""
    asked = StripeCall.objects.filter(
        account_id=account_id, act=Act.SUBSCRIBE, state=StripeCall.State.DONE, created_at__gt=now - PAGE_OPEN
    )
    for session_id in asked.order_by("-pk").values_list("result_id", flat=True)[:PAGES_AT_ONCE]:
        try:
            stripe_client().v1.checkout.sessions.expire(session_id)
        except stripe_refusals():
            continue  # It was paid, or has expired: what of it is there the reading says.
