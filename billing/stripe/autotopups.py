"""Topping up by itself: what owners set, and the charge of the saved card once an account was claimed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from billing.errors import PaymentsOff
from billing.ledger.payments import CURRENCY
from billing.models import AutoTopUp, AutoTopUpAttempt, BillingAccount, StripeCall, TopUp
from billing.pricing.fees import fee_cents
from billing.pricing.months import month_after, month_begins, month_of
from billing.services.claims import auto_top_up_claim
from billing.stripe.attempts import auto_top_up_pause
from billing.stripe.calls import CallRefused, CallUnanswered, call_make, call_plan
from billing.stripe.client import stripe_client, stripe_error
from billing.stripe.converging import converge_safely
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.money import MICRO_CENTS_PER_CENT
from workspaces.models import Workspace
from workspaces.services.audit import audit_record

log = structlog.get_logger(__name__)
CHARGES_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class AutoTopUpWish:
    """Amounts are cents of credit; no ceiling is none."""

    is_on: bool
    threshold: int
    amount: int
    ceiling: int | None = None


def auto_top_up_set(*, workspace: Workspace, wish: AutoTopUpWish, actor: Actor) -> None:
    """Set it, and end a pause; below the threshold already, the card is charged once. Raises PaymentsOff."""
    if settings.PAYMENTS.mode == "none":
        raise PaymentsOff
    given = {
        "is_on": wish.is_on,
        "threshold_cents": wish.threshold,
        "amount_cents": wish.amount,
        "ceiling_cents": wish.ceiling,
    }
    with transaction.atomic():
        account = BillingAccount.objects.select_for_update().get(workspace_id=workspace.pk)
        AutoTopUp.objects.update_or_create(account_id=account.pk, defaults=given)
        _begin_again(account.pk)
        audit_record(workspace_id=workspace.pk, actor=actor, action="billing.auto_topup", details=given)


def auto_top_up_retry(*, workspace: Workspace, actor: Actor) -> bool:
    """End a pause: the card was changed, or is to be tried again. False when it was not paused."""
    with transaction.atomic():
        account = BillingAccount.objects.select_for_update().get(workspace_id=workspace.pk)
        if not AutoTopUp.objects.filter(pk=account.pk).exclude(paused_at=None).exists():
            return False
        _begin_again(account.pk)
        audit_record(workspace_id=workspace.pk, actor=actor, action="billing.auto_topup", details={"retry": True})
    return True


def auto_top_up_resume(account_id: int) -> None:
    """End a pause because another card is there now; the caller has locked the account."""
    _begin_again(account_id)


def _begin_again(account_id: int) -> None:
    """Armed anew, unless a charge is under way, whose end arms it."""
    mine = AutoTopUp.objects.filter(pk=account_id)
    mine.update(paused_at=None, paused_for="", tries=0, due_at=None)
    is_charging = AutoTopUpAttempt.objects.filter(open_for=account_id).exists()
    mine.update(is_armed=not is_charging)
    auto_top_up_claim(account_id, now=utc_now())


def auto_top_ups_charge(*, now: datetime) -> int:
    """Charge the cards of the accounts that were claimed; returns how many charges were asked for."""
    due = AutoTopUp.objects.filter(is_on=True, paused_at=None, due_at__lte=now).order_by("due_at")
    return sum(_charge(account_id, now) for account_id in list(due.values_list("pk", flat=True)[:CHARGES_AT_ONCE]))


def _charge(account_id: int, now: datetime) -> bool:
    try:
        card = _card_of(account_id)
    except stripe_error() as error:
        log.warning("stripe_unread", account=account_id, error=f"{type(error).__name__}: {error}"[:200])
        return False
    call = _plan(account_id, card, now)
    if call is None:
        return False
    try:
        call_make(call, now=now)
    except (CallRefused, CallUnanswered) as error:
        log.info("auto_top_up_not_charged", account=account_id, why=str(error)[:200])
    converge_safely(call.top_up_id or 0, now=now)
    return True


def _card_of(account_id: int) -> str | None:
    """The customer's default card, else the newest that is saved."""
    customer_id = BillingAccount.objects.values_list("customer_id", flat=True).get(pk=account_id)
    if customer_id is None:
        return None
    api = stripe_client().v1
    customer = api.customers.retrieve(customer_id).to_dict()
    chosen = (customer.get("invoice_settings") or {}).get("default_payment_method")
    if chosen:
        return str(chosen)
    saved = api.customers.payment_methods.list(customer_id, {"type": "card", "limit": 1}).data
    return saved[0].id if saved else None


def _plan(account_id: int, card: str | None, now: datetime) -> StripeCall | None:
    """The attempt, its top-up and the call, written together; None when nothing is to be charged now."""
    with transaction.atomic():
        account = BillingAccount.objects.select_for_update().get(pk=account_id)
        wish = AutoTopUp.objects.select_for_update().get(pk=account_id)
        is_due = wish.is_on and wish.paused_at is None and wish.due_at is not None and wish.due_at <= now
        if not is_due or AutoTopUpAttempt.objects.filter(open_for=account_id).exists():
            return None
        is_needed = account.balance < wish.threshold_cents * MICRO_CENTS_PER_CENT
        if not is_needed or not account.workspace.is_open:
            AutoTopUp.objects.filter(pk=account_id).update(due_at=None, is_armed=True)
            return None
        ceiling = wish.ceiling_cents
        if ceiling is not None and charged_in_month(account_id, now) + wish.amount_cents > ceiling:
            next_month = month_begins(month_after(month_of(now)))
            AutoTopUp.objects.filter(pk=account_id).update(due_at=next_month)
            return None
        AutoTopUp.objects.filter(pk=account_id).update(card_id=card or "")
        if card is None:
            auto_top_up_pause(account_id, "no_card", now=now)
            return None
        AutoTopUp.objects.filter(pk=account_id).update(due_at=None)
        return _call(account, wish, card, now)


def _call(account: BillingAccount, wish: AutoTopUp, card: str, now: datetime) -> StripeCall:
    top_up = TopUp.objects.create(
        account_id=account.pk,
        kind=TopUp.Kind.AUTO,
        credit_cents=wish.amount_cents,
        fee_cents=fee_cents(wish.amount_cents),
        created_at=now,
    )
    AutoTopUpAttempt.objects.create(
        account_id=account.pk,
        epoch=wish.epoch,
        number=wish.tries + 1,
        top_up_id=top_up.pk,
        open_for=account.pk,
        at=now,
    )
    parameters: dict[str, Any] = {
        "amount": top_up.credit_cents + top_up.fee_cents,
        "currency": CURRENCY,
        "customer": account.customer_id,
        "payment_method": card,
        "off_session": True,
        "confirm": True,
        "description": "Credit",
        "metadata": {"top_up": str(top_up.pk)},
    }
    return call_plan(
        account_id=account.pk, act=StripeCall.Act.CHARGE, parameters=parameters, now=now, top_up_id=top_up.pk
    )


def charged_in_month(account_id: int, now: datetime) -> int:
    """Credit charged by itself in the calendar month (UTC) of `now`, that which may still be paid included; cents."""
    began = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    mine = TopUp.objects.filter(account_id=account_id, kind=TopUp.Kind.AUTO, created_at__gte=began)
    found = mine.exclude(state=TopUp.State.FAILED).aggregate(total=Sum("credit_cents"))
    return int(found["total"] or 0)
