"""Finds what nobody told: events that never came, calls without an answer, payments that nothing pointed at.

With every webhook lost, one run makes everything right. Runs beside each other, and beside events, do no harm.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.db.models import F, Q

from billing.models import StripeCall, StripeCursor, StripeEvent, TopUp
from billing.stripe.calls import (
    CALL_PATIENCE,
    OPEN,
    CallRefused,
    CallUnanswered,
    call_make,
    call_settle_late,
    is_key_kept,
)
from billing.stripe.client import stripe_client, stripe_error
from billing.stripe.converging import converge_safely
from billing.stripe.customers import customer_converge_safely, customers_due
from billing.stripe.inbox import EVENTS_AT_ONCE, OF_CUSTOMERS, OF_PAYMENTS, EventMalformed, event_take, events_converge
from billing.stripe.mending import subscriptions_mend

if TYPE_CHECKING:
    import stripe

log = structlog.get_logger(__name__)
OVERLAP: Final = timedelta(minutes=10)
"""Events appear in the list a little later than their time says."""
FIRST_LOOK: Final = timedelta(hours=48)
BACK: Final = timedelta(hours=48)
DISPUTES_AGAIN: Final = timedelta(hours=6)
PAGE: Final = 100
CALLS_AT_ONCE: Final = 500
TOP_UPS_AT_ONCE: Final = 1_000
State = TopUp.State


@dataclass(slots=True)
class Reconciled:
    """What a run has done, or would do.

    `unread` are top-ups, customers and lists that could not be read: they are tried again.
    """

    events_found: int = 0
    events_done: int = 0
    calls_ended: int = 0
    calls_open: int = 0
    top_ups_read: int = 0
    customers_read: int = 0
    subscriptions_mended: int = 0
    unread: int = 0

    def as_dict(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


def payments_reconcile(*, now: datetime) -> Reconciled:
    """Calls first, as they tell which top-ups there are; then events, then whatever is open or was moved lately.

    Errors of Stripe are counted and logged. Raises ValueError while payments are `none`.
    """
    done, client = Reconciled(), stripe_client()
    _calls(done, now)
    _listed(done, "events", lambda: _events(client, done, now))
    while (worked := events_converge(now=now)) >= EVENTS_AT_ONCE:
        done.events_done += worked
    done.events_done += worked
    found = set(open_top_ups(now))
    _listed(done, "refunds", lambda: found.update(_top_ups_of(_since(client.v1.refunds, now))))
    _listed(done, "disputes", lambda: found.update(_top_ups_of(_since(client.v1.disputes, now))))
    for top_up_id in sorted(found):
        is_read = converge_safely(top_up_id, now=now)
        done.top_ups_read += is_read
        done.unread += not is_read
    for account_id in customers_due(now):
        is_read = customer_converge_safely(account_id, now=now)
        done.customers_read += is_read
        done.unread += not is_read
    done.subscriptions_mended += subscriptions_mend(now=now)
    log.info("payments_reconciled", **done.as_dict())
    return done


def payments_waiting(*, now: datetime) -> Reconciled:
    """What a run would begin with, without asking Stripe anything."""
    return Reconciled(
        events_done=StripeEvent.objects.filter(due_at__lte=now).count(),
        calls_open=_open_calls(now).count(),
        top_ups_read=len(open_top_ups(now)),
        customers_read=len(customers_due(now)),
    )


def open_top_ups(now: datetime) -> list[int]:
    """Those that may still be paid, are due, or are in dispute; what was read longest ago at the front."""
    is_open = Q(state__in=(State.CREATED, State.PENDING)) | Q(due_at__lte=now)
    is_open |= Q(state=State.DISPUTED, read_at__lte=now - DISPUTES_AGAIN)
    rows = TopUp.objects.filter(is_open).order_by(F("read_at").asc(nulls_first=True), "pk")
    return list(rows.values_list("pk", flat=True)[:TOP_UPS_AT_ONCE])


def _open_calls(now: datetime) -> Any:
    return StripeCall.objects.filter(ended_at=None, created_at__lte=now - CALL_PATIENCE, state__in=OPEN)


def _calls(done: Reconciled, now: datetime) -> None:
    for call in _open_calls(now).order_by("created_at", "pk")[:CALLS_AT_ONCE]:
        try:
            if is_key_kept(call, now):
                call_make(call, now=now)
            else:
                call_settle_late(call, now=now)
        except CallRefused:
            pass
        except CallUnanswered:
            done.calls_open += 1
            continue
        done.calls_ended += 1


def _listed(done: Reconciled, what: str, read: Callable[[], None]) -> None:
    try:
        read()
    except stripe_error() as error:
        done.unread += 1
        log.warning("stripe_list_unread", what=what, error=f"{type(error).__name__}: {error}"[:200])


def _events(client: "stripe.StripeClient", done: Reconciled, now: datetime) -> None:
    """Take every event since the cursor; the cursor follows once all of them are in the inbox."""
    cursor = StripeCursor.objects.order_by("pk").first()
    since = cursor.read_until - OVERLAP if cursor else now - FIRST_LOOK
    newest = since
    for event in _events_since(client, since):
        newest = max(newest, datetime.fromtimestamp(event.created, UTC))
        try:
            done.events_found += event_take(event.to_dict(), now=now)
        except EventMalformed as error:
            log.error("stripe_event_malformed", why=str(error))
    StripeCursor.objects.update_or_create(pk=cursor.pk if cursor else 1, defaults={"read_until": newest})


def _events_since(client: "stripe.StripeClient", since: datetime) -> Iterator[Any]:
    for types in (OF_PAYMENTS, OF_CUSTOMERS):
        asked: Any = {"types": list(types), "created": {"gte": int(since.timestamp())}, "limit": PAGE}
        yield from client.v1.events.list(asked).auto_paging_iter()


def _since(service: Any, now: datetime) -> Iterable[Any]:
    asked = {"created": {"gte": int((now - BACK).timestamp())}, "limit": PAGE}
    found: Iterable[Any] = service.list(asked).auto_paging_iter()
    return found


def _top_ups_of(objects: Iterable[Any]) -> list[int]:
    """Of refunds or disputes: the top-ups whose payment they are about."""
    intents = {str(each.payment_intent) for each in objects if each.payment_intent}
    return list(TopUp.objects.filter(intent_id__in=intents).values_list("pk", flat=True))
