"""Begins a top-up: what is to be paid, written down before Stripe is asked for a page to pay on."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from billing.errors import PaymentsOff, PaymentsUnavailable, TopUpAmountInvalid, TopUpsTooMany
from billing.ledger.payments import CURRENCY
from billing.models import BillingAccount, StripeCall, TopUp
from billing.pricing.fees import LARGEST_CENTS, SMALLEST_CENTS, fee_cents
from billing.stripe.calls import OPEN, CallRefused, CallUnanswered, call_make, call_plan
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.models import Workspace

HOUR: Final = timedelta(hours=1)
BEGUN_AN_HOUR: Final = 30
WAITING: Final = (TopUp.State.CREATED, TopUp.State.PENDING)
READ_PAUSE: Final = timedelta(seconds=4)


def top_up_begin(*, workspace: Workspace, actor: Actor, cents: int, now: datetime | None = None) -> str:
    """The address of Stripe's page on which `cents` of credit and the fee are paid; nothing is credited before.

    Raises PaymentsOff, TopUpAmountInvalid, TopUpsTooMany, and PaymentsUnavailable when Stripe did not give a page: then
    nothing can be paid, and another try begins another top-up.
    """
    now = now or utc_now()
    if settings.PAYMENTS.mode == "none":
        raise PaymentsOff
    if not SMALLEST_CENTS <= cents <= LARGEST_CENTS:
        raise TopUpAmountInvalid
    account = BillingAccount.objects.get(workspace_id=workspace.pk)
    try:
        customer_id = customer_ensure(account, now=now)
        call = _plan(account, workspace, customer_id, actor, cents, now)
        return str(call_make(call, now=now).url)
    except (CallRefused, CallUnanswered) as error:
        raise PaymentsUnavailable from error


def customer_ensure(account: BillingAccount, *, now: datetime) -> str:
    """The account's customer at Stripe, made when it has none. Raises CallRefused, CallUnanswered."""
    with transaction.atomic():
        locked = BillingAccount.objects.select_for_update().get(pk=account.pk)
        if locked.customer_id is not None:
            return locked.customer_id
        open_calls = StripeCall.objects.filter(account_id=account.pk, act=StripeCall.Act.CUSTOMER, state__in=OPEN)
        call = open_calls.first() or call_plan(
            account_id=account.pk,
            act=StripeCall.Act.CUSTOMER,
            parameters={"metadata": {"workspace": account.workspace_id}},
            now=now,
        )
    try:
        return str(call_make(call, now=now).id)
    except CallRefused:
        # Somebody else may have been faster, with the same call.
        account.refresh_from_db(fields=["customer_id"])
        if account.customer_id is None:
            raise
    return account.customer_id


def _plan(
    account: BillingAccount, workspace: Workspace, customer_id: str, actor: Actor, cents: int, now: datetime
) -> StripeCall:
    with transaction.atomic():
        BillingAccount.objects.select_for_update().get(pk=account.pk)
        begun = TopUp.objects.filter(account_id=account.pk, created_at__gt=now - HOUR, kind=TopUp.Kind.CHECKOUT)
        if begun.count() >= BEGUN_AN_HOUR:
            raise TopUpsTooMany(retry_after=int(HOUR.total_seconds()))
        top_up = TopUp.objects.create(
            account_id=account.pk,
            credit_cents=cents,
            fee_cents=fee_cents(cents),
            person_id=actor.person_id or "",
            created_at=now,
        )
        return call_plan(
            account_id=account.pk,
            act=StripeCall.Act.CHECKOUT,
            parameters=_parameters(top_up, workspace.slug, customer_id),
            now=now,
            top_up_id=top_up.pk,
        )


def _parameters(top_up: TopUp, slug: str, customer_id: str) -> dict[str, Any]:
    back = settings.PUBLIC_URL + reverse("billing:top_up_shown", args=[slug, top_up.pk])
    mark = {"top_up": str(top_up.pk)}
    return {
        "mode": "payment",
        "customer": customer_id,
        "client_reference_id": str(top_up.pk),
        "line_items": [_line("Credit", top_up.credit_cents), _line("Payment fee", top_up.fee_cents)],
        "payment_intent_data": {"metadata": mark},
        "invoice_creation": {"enabled": True, "invoice_data": {"metadata": mark}},
        "saved_payment_method_options": {"payment_method_save": "enabled"},
        "metadata": mark,
        "success_url": back,
        "cancel_url": back,
    }


def _line(name: str, cents: int) -> dict[str, Any]:
    price = {"currency": CURRENCY, "unit_amount": cents, "product_data": {"name": name}}
    return {"quantity": 1, "price_data": price}


def top_up_look(top_up: TopUp, *, now: datetime) -> None:
    """Somebody has come back from paying: have it read soon, whether an event arrives or not."""
    waiting = TopUp.objects.filter(pk=top_up.pk, state__in=WAITING, due_at=None)
    waiting.exclude(read_at__gt=now - READ_PAUSE).update(due_at=now)
