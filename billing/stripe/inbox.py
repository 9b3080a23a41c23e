"""Events of Stripe: taken in as rows, once each, and worked off by having what they are about read again."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import F, Q

from billing.models import BillingAccount, StripeEvent, TopUp
from billing.models.payments import STRIPE_ID_CHARACTERS
from billing.stripe.client import stripe_client
from billing.stripe.converging import converge_safely
from billing.stripe.customers import customer_converge_safely

OF_PAYMENTS: Final = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
OF_CUSTOMERS: Final = (
    "customer.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.tax_id.created",
    "customer.tax_id.deleted",
    "invoice.paid",
    "invoice.payment_failed",
    "payment_method.attached",
    "payment_method.updated",
    "payment_method.detached",
)
HANDLED: Final = frozenset((*OF_PAYMENTS, *OF_CUSTOMERS))
"""Types of events that say something about money or who pays; the others are taken and dropped. Stripe lists the events
of 20 types at once, so that each of the two has at most as many.
"""
EVENTS_AT_ONCE: Final = 200
KEPT: Final = timedelta(days=90)
PAUSES: Final = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
_ID_MAX: Final = 2**62
_FROM_OBJECT: Final = ("object_id", "intent_id", "top_up_id", "customer_id")


class Subject(NamedTuple):
    """What an event is about; neither for one about nothing of ours."""

    top_up_id: int | None = None
    account_id: int | None = None


class EventMalformed(ValueError):
    """The body is signed, and no event all the same."""


def event_receive(body: bytes, *, now: datetime) -> bool:
    """Take a signed body into the inbox; False when it was there already or says nothing about money.

    Raises EventMalformed.
    """
    try:
        event = json.loads(body)
    except ValueError as error:
        raise EventMalformed("no JSON") from error
    return event_take(event, now=now)


def event_take(event: Any, *, now: datetime) -> bool:
    """The same for an event that is parsed, as from Stripe's list. Raises EventMalformed."""
    row = _row(event, now)
    if row.type not in HANDLED:
        return False
    _, is_new = StripeEvent.objects.get_or_create(
        event_id=row.event_id,
        defaults={name: getattr(row, name) for name in (*_FROM_OBJECT, "type", "made_at", "received_at", "due_at")},
    )
    return is_new


def _row(event: Any, now: datetime) -> StripeEvent:
    try:
        item: Mapping[str, Any] = event["data"]["object"]
        made_at = datetime.fromtimestamp(int(event["created"]), UTC)
        event_id, kind = str(event["id"]), str(event["type"])
        intent = item["id"] if item.get("object") == "payment_intent" else item.get("payment_intent")
        said = (item.get("metadata") or {}).get("top_up", "")
        # A card that was removed has no customer any more, but had one before.
        before = event["data"].get("previous_attributes") or {}
        customer = item["id"] if item.get("object") == "customer" else item.get("customer") or before.get("customer")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise EventMalformed(type(error).__name__) from error
    if not 0 < len(event_id) <= STRIPE_ID_CHARACTERS or len(kind) > 100:
        raise EventMalformed("its id")
    return StripeEvent(
        event_id=event_id,
        type=kind,
        object_id=_id(item.get("id")),
        intent_id=_id(intent),
        top_up_id=_number(said),
        customer_id=_id(customer),
        made_at=made_at,
        received_at=now,
        due_at=now,
    )


def _id(value: Any) -> str:
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) and len(found) <= STRIPE_ID_CHARACTERS else ""


def _number(said: Any) -> int | None:
    is_number = isinstance(said, str) and said.isascii() and said.isdecimal() and len(said) < 20
    return int(said) if is_number and int(said) < _ID_MAX else None


def events_converge(*, now: datetime) -> int:
    """Work off the events that are due; returns how many are done. What several are about is read once."""
    due = list(StripeEvent.objects.filter(due_at__lte=now).order_by("due_at", "pk")[:EVENTS_AT_ONCE])
    by_subject: dict[Subject, list[StripeEvent]] = {}
    for event in due:
        by_subject.setdefault(subject_of(event), []).append(event)
    return sum(_work_off(subject, events, now) for subject, events in by_subject.items())


def subject_of(event: StripeEvent) -> Subject:
    """What the event is about: a top-up, else an account's customer, else nothing of ours. Raises nothing."""
    top_up_id = top_up_of(event)
    if top_up_id is not None or not event.customer_id:
        return Subject(top_up_id=top_up_id)
    accounts = BillingAccount.objects.filter(customer_id=event.customer_id)
    return Subject(account_id=accounts.values_list("pk", flat=True).first())


def top_up_of(event: StripeEvent) -> int | None:
    """The id of the top-up that the event is about; None when it is about none of ours."""
    ids = Q(session_id=event.object_id) if event.object_id else Q(pk__in=())
    ids |= Q(intent_id=event.intent_id) if event.intent_id else Q(pk__in=())
    by_id = TopUp.objects.filter(ids).values_list("pk", flat=True).first()
    return by_id or TopUp.objects.filter(pk=event.top_up_id or 0).values_list("pk", flat=True).first()


def _work_off(subject: Subject, events: Sequence[StripeEvent], now: datetime) -> int:
    """Events about nothing of ours are done; the others once what they are about was read."""
    if subject.top_up_id is not None:
        is_done = converge_safely(subject.top_up_id, now=now)
    else:
        is_done = subject.account_id is None or customer_converge_safely(subject.account_id, now=now)
    for event in events:
        mine = StripeEvent.objects.filter(pk=event.pk)
        if is_done:
            mine.update(due_at=None, done_at=now, attempts=F("attempts") + 1, problem="")
        else:
            pause = PAUSES[min(event.attempts, len(PAUSES) - 1)]
            mine.update(due_at=now + pause, attempts=F("attempts") + 1, problem="not read")
    return len(events) if is_done else 0


def event_find(event_id: str, *, now: datetime) -> StripeEvent:
    """The event in the inbox; fetched from Stripe when it never arrived, as Stripe keeps them for 30 days.

    Raises StripeEvent.DoesNotExist for one that says nothing about money, and StripeError.
    """
    found = StripeEvent.objects.filter(event_id=event_id).first()
    if found is None:
        event_take(stripe_client().v1.events.retrieve(event_id).to_dict(), now=now)
        found = StripeEvent.objects.get(event_id=event_id)
    return found


def event_replay(event_id: str, *, now: datetime) -> bool:
    """Work an event off again now, whether it was done or not; whether it is done. Raises StripeEvent.DoesNotExist."""
    event = StripeEvent.objects.get(event_id=event_id)
    return bool(_work_off(subject_of(event), [event], now))


def events_purge(*, now: datetime) -> int:
    """Delete events that were done KEPT ago; returns how many."""
    removed, _ = StripeEvent.objects.filter(due_at=None, received_at__lte=now - KEPT).delete()
    return removed
