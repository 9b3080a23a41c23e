"""Events of Stripe: taken in as rows, once each, and worked off by having what they are about read again."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import F, Q

from billing.models import StripeEvent, TopUp
from billing.models.payments import STRIPE_ID_CHARACTERS
from billing.stripe.client import stripe_client
from billing.stripe.converging import converge_safely

HANDLED: Final = (
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
"""Types of events that say something about money; the others are taken and dropped."""
EVENTS_AT_ONCE: Final = 200
KEPT: Final = timedelta(days=90)
PAUSES: Final = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
_ID_MAX: Final = 2**62


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
        defaults={
            name: getattr(row, name)
            for name in ("type", "object_id", "intent_id", "top_up_id", "made_at", "received_at", "due_at")
        },
    )
    return is_new


def _row(event: Any, now: datetime) -> StripeEvent:
    try:
        item: Mapping[str, Any] = event["data"]["object"]
        made_at = datetime.fromtimestamp(int(event["created"]), UTC)
        event_id, kind = str(event["id"]), str(event["type"])
        intent = item["id"] if item.get("object") == "payment_intent" else item.get("payment_intent")
        said = (item.get("metadata") or {}).get("top_up", "")
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
    """Work off the events that are due; returns how many are done. A top-up with several is read once."""
    due = list(StripeEvent.objects.filter(due_at__lte=now).order_by("due_at", "pk")[:EVENTS_AT_ONCE])
    by_top_up: dict[int | None, list[StripeEvent]] = {}
    for event in due:
        by_top_up.setdefault(top_up_of(event), []).append(event)
    return sum(_work_off(top_up_id, events, now) for top_up_id, events in by_top_up.items())


def top_up_of(event: StripeEvent) -> int | None:
    """The id of the top-up that the event is about; None when it is about none of ours."""
    ids = Q(session_id=event.object_id) if event.object_id else Q(pk__in=())
    ids |= Q(intent_id=event.intent_id) if event.intent_id else Q(pk__in=())
    by_id = TopUp.objects.filter(ids).values_list("pk", flat=True).first()
    return by_id or TopUp.objects.filter(pk=event.top_up_id or 0).values_list("pk", flat=True).first()


def _work_off(top_up_id: int | None, events: Sequence[StripeEvent], now: datetime) -> int:
    """Events about nothing of ours are done; the others once their top-up was read."""
    is_done = top_up_id is None or converge_safely(top_up_id, now=now)
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
    return bool(_work_off(top_up_of(event), [event], now))


def events_purge(*, now: datetime) -> int:
    """Delete events that were done KEPT ago; returns how many."""
    removed, _ = StripeEvent.objects.filter(due_at=None, received_at__lte=now - KEPT).delete()
    return removed
