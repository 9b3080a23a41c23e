"""Calls that change something at Stripe: planned in the transaction that wants them, made afterwards, then noted.

A call is open until its outcome is certain. Whoever finds it open makes it again, under the same key and with the same
parameters, so that Stripe does it once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.db import transaction
from django.db.models import F, Q

from billing.models import BillingAccount, StripeCall, StripeCustomer, TopUp
from billing.stripe.attempts import attempt_end
from billing.stripe.client import stripe_client, stripe_error, stripe_refusals
from opencode.lib.claims import row_claim
from opencode.lib.ids import new_id

if TYPE_CHECKING:
    import stripe

log = structlog.get_logger(__name__)
Act = StripeCall.Act
State = StripeCall.State
OPEN: Final = (State.PLANNED, State.SENT, State.UNKNOWN)
CALL_PATIENCE: Final = timedelta(minutes=1)
"""A call that is younger is still waited for by whoever made it."""
KEY_KEPT: Final = timedelta(hours=23)
"""Stripe forgets idempotency keys after 24 hours; after that a repeat could do it twice."""

_MADE_BY: Final[Mapping[str, Callable[[Any], Callable[..., Any]]]] = {
    Act.CUSTOMER: lambda api: api.customers.create,
    Act.CHECKOUT: lambda api: api.checkout.sessions.create,
    Act.CHARGE: lambda api: api.payment_intents.create,
    Act.REFUND: lambda api: api.refunds.create,
    Act.SUBSCRIBE: lambda api: api.checkout.sessions.create,
    Act.CHANGE: lambda api: partial(_change, api),
}
_LISTED_BY: Final[Mapping[str, Callable[[Any], Callable[..., Any]]]] = {
    Act.CUSTOMER: lambda api: api.customers.list,
    Act.CHECKOUT: lambda api: api.checkout.sessions.list,
    Act.CHARGE: lambda api: api.payment_intents.list,
    Act.REFUND: lambda api: api.refunds.list,
    Act.SUBSCRIBE: lambda api: api.checkout.sessions.list,
}
_NAMED: Final[Mapping[str, str]] = {Act.CHECKOUT: "session_id", Act.CHARGE: "intent_id"}
"""The column in which a top-up keeps what its call has made."""


class CallRefused(Exception):
    """Stripe did not do it, for certain. The text is Stripe's code."""


class CallUnanswered(Exception):
    """Whether Stripe has done it is not known; the call stays open and is made again later."""


def call_plan(
    *,
    account_id: int,
    act: str,
    parameters: Mapping[str, Any],
    now: datetime,
    top_up_id: int | None = None,
) -> StripeCall:
    """Write the call down under a new key, in the caller's transaction.

    The key is added to the object's metadata, by which it is found when the key's time is over.
    """
    key = new_id("call")
    return StripeCall.objects.create(
        key=key,
        account_id=account_id,
        act=act,
        parameters={**parameters, "metadata": {**parameters.get("metadata", {}), "call": key}},
        top_up_id=top_up_id,
        created_at=now,
    )


def call_make(call: StripeCall, *, now: datetime) -> Any:
    """Make an open call and note what came of it; returns Stripe's object. Raises CallRefused, CallUnanswered."""
    claimed = row_claim(
        StripeCall, call.pk, Q(state__in=OPEN), state=State.SENT, sent_at=now, attempts=F("attempts") + 1
    )
    if not claimed:
        raise CallRefused("call_ended")
    try:
        made = _MADE_BY[call.act](stripe_client().v1)(call.parameters, {"idempotency_key": call.key})
    except stripe_error() as error:
        if isinstance(error, stripe_refusals()) and error.http_status != HTTPStatus.CONFLICT:
            code = str(error.code or type(error).__name__)
            call_refuse(call, code, now=now, intent_id=_intent_of(error))
            raise CallRefused(code) from error
        said = f"{type(error).__name__}: {error}"[:200]
        row_claim(StripeCall, call.pk, Q(state__in=OPEN), state=State.UNKNOWN, error=said)
        log.warning("stripe_call_unanswered", call=call.key, error=said)
        raise CallUnanswered(said) from error
    call_done(call, made.id, now=now)
    return made


def _change(api: Any, parameters: Mapping[str, Any], options: Any) -> Any:
    """Change the subscription that the parameters name."""
    given = {name: value for name, value in parameters.items() if name != "subscription"}
    return api.subscriptions.update(parameters["subscription"], given, options)


def is_key_kept(call: StripeCall, now: datetime) -> bool:
    """Whether Stripe still knows the call's key, so that a repeat does nothing twice."""
    return now - call.created_at < KEY_KEPT


def call_settle_late(call: StripeCall, *, now: datetime) -> None:
    """End a call whose key Stripe has forgotten: by the object that carries the key, or as not done.

    Raises CallUnanswered when Stripe cannot be asked.
    """
    try:
        found = _found(call)
    except stripe_error() as error:
        raise CallUnanswered(str(error)) from error
    if found is None:
        call_refuse(call, "never_done", now=now)
    else:
        call_done(call, found, now=now)


def _found(call: StripeCall) -> str | None:
    """The id of what the call has made, among what was made in its time; a list knows it sooner than a search."""
    api = stripe_client().v1
    if call.act == Act.CHANGE:
        subscription = api.subscriptions.retrieve(call.parameters["subscription"]).to_dict()
        return str(subscription["id"]) if subscription["metadata"].get("call") == call.key else None
    since = int(call.created_at.timestamp())
    asked: dict[str, Any] = {
        "created": {"gte": since - 3_600, "lte": since + 90_000},
        "limit": 100,
    }
    names = ("payment_intent",) if call.act == Act.REFUND else ("customer",)
    asked |= {name: call.parameters[name] for name in names if name in call.parameters}
    listed = _LISTED_BY[call.act](api)(asked)
    for each in listed.auto_paging_iter():
        if (each.to_dict().get("metadata") or {}).get("call") == call.key:
            return str(each.id)
    return None


def call_done(call: StripeCall, result_id: str, *, now: datetime) -> None:
    """Note what the call has made, in its row and in the row that wanted it, which is to be read then.

    An answer is certain, whatever was thought of the call before.
    """
    with transaction.atomic():
        is_first = row_claim(
            StripeCall, call.pk, ~Q(state=State.DONE), state=State.DONE, result_id=result_id, ended_at=now, error=""
        )
        if not is_first:
            return
        if call.act == Act.CUSTOMER:
            BillingAccount.objects.filter(pk=call.account_id, customer_id=None).update(customer_id=result_id)
            customer_mark(call.account_id, now)
        if call.act in (Act.SUBSCRIBE, Act.CHANGE):
            customer_mark(call.account_id, now)
        if call.top_up_id is not None:
            top_up_mark(call.top_up_id, now, **({_NAMED[call.act]: result_id} if call.act in _NAMED else {}))


def call_refuse(call: StripeCall, code: str, *, now: datetime, intent_id: str | None = None) -> None:
    """Note that the call was not done. A declined charge leaves an intent, which says why when it is read."""
    with transaction.atomic():
        is_first = row_claim(StripeCall, call.pk, Q(state__in=OPEN), state=State.REFUSED, error=code, ended_at=now)
        if not is_first or call.top_up_id is None or call.act == Act.REFUND:
            return
        if intent_id is not None:
            top_up_mark(call.top_up_id, now, intent_id=intent_id)
        else:
            failed = {"state": TopUp.State.FAILED, "detail": code[:100], "due_at": None}
            TopUp.objects.filter(pk=call.top_up_id, paid_at=None).update(**failed)
            attempt_end(TopUp.objects.get(pk=call.top_up_id), now=now)
    log.warning("stripe_call_refused", call=call.key, code=code)


def top_up_mark(top_up_id: int, now: datetime, **changes: Any) -> None:
    """Have the top-up read again; a reading that has begun already is too old to be written."""
    TopUp.objects.filter(pk=top_up_id).update(token=F("token") + 1, due_at=now, **changes)


def customer_mark(account_id: int, now: datetime) -> None:
    """Have the account's customer read again; a reading that has begun already is too old to be written."""
    StripeCustomer.objects.get_or_create(pk=account_id)
    StripeCustomer.objects.filter(pk=account_id).update(token=F("token") + 1, due_at=now)


def _intent_of(error: "stripe.StripeError") -> str | None:
    intent = getattr(error.error, "payment_intent", None)
    return str(intent.id) if intent is not None else None
