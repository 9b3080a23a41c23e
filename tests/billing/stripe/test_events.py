"""Events of Stripe: signed, bounded, taken once, and believed in nothing."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from django.test import Client

from billing.models import StripeEvent
from billing.stripe.inbox import KEPT, event_replay, events_purge
from billing.stripe.signatures import is_signed
from billing.views.stripeevents import EVENT_BYTES, UNSIGNED
from tests.billing.stripe.payments import SECRET, Paying


def completed(paying: Paying) -> str:
    """The body that says that a top-up was paid."""
    paying.pay(paying.begin())
    return json.dumps(paying.event("checkout.session.completed"))


def test_an_event_is_taken_once_and_worked_off(paying: Paying) -> None:
    body = completed(paying)
    assert [paying.post(body), paying.post(body)] == [200, 200]
    (event,) = StripeEvent.objects.all()
    assert (event.type, event.top_up_id is not None) == ("checkout.session.completed", True)
    StripeEvent.objects.update(due_at=paying.now)
    paying.work()
    assert (paying.balance, paying.waiting()) == (2_000, 0)


def test_either_secret_is_good_while_they_are_rotated(paying: Paying, settings: Any) -> None:
    body = completed(paying)
    given = settings.PAYMENTS
    settings.PAYMENTS = given.__class__(
        given.mode, given.api_host, given.secret_key, ("whsec_new", SECRET), 1, given.pages_url
    )
    assert [paying.post(body, "whsec_new"), paying.post(body, SECRET), paying.post(body, "whsec_gone")] == [
        200,
        200,
        400,
    ]


def test_a_bad_signature_leaves_a_count_and_nothing_else(paying: Paying) -> None:
    body, before = completed(paying), UNSIGNED._value.get()
    assert paying.post(body, "whsec_of_somebody") == 400
    assert paying.post(body, at=datetime.now(UTC) - timedelta(minutes=6)) == 400
    assert Client().post("/webhooks/stripe", body, content_type="application/json").status_code == 400
    assert UNSIGNED._value.get() == before + 3
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"id": 1, "type": "refund.created", "created": "x"}'])
def test_a_signed_body_that_is_no_event_is_refused(paying: Paying, body: str) -> None:
    assert paying.post(body) == 400
    assert not StripeEvent.objects.exists()


def test_a_body_that_is_too_large_is_refused(paying: Paying) -> None:
    assert paying.post("x" * (EVENT_BYTES + 1)) == 413


def test_without_payments_there_is_no_such_address(paying: Paying, settings: Any) -> None:
    given = settings.PAYMENTS
    settings.PAYMENTS = given.__class__("none", "", "", (), 0, "")
    assert paying.post("{}") == 404


def test_what_says_nothing_about_money_is_dropped(paying: Paying) -> None:
    paying.api.customers.create({})
    assert paying.post(json.dumps(paying.event("customer.created"))) == 200
    assert not StripeEvent.objects.exists()


def test_an_event_that_lies_moves_nothing(paying: Paying) -> None:
    top_up = paying.begin()
    lie = {
        "id": "evt_lie",
        "type": "checkout.session.completed",
        "created": paying.sandbox.now,
        "data": {"object": {"id": top_up.session_id, "object": "checkout.session", "payment_status": "paid"}},
    }
    paying.hear([lie])
    assert (paying.entries, paying.waiting()) == ([], 0)


@pytest.mark.parametrize("said", ["0", "-1", "9" * 30, "x", "²"])
def test_an_event_about_nothing_of_ours_is_done(paying: Paying, said: str) -> None:
    item = {"id": "pi_other", "object": "payment_intent", "metadata": {"top_up": said}}
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, "data": {"object": item}}
    paying.hear([event])
    assert (StripeEvent.objects.count(), paying.waiting()) == (1, 0)


def test_an_event_is_replayed(paying: Paying) -> None:
    top_up = paying.begin()
    paying.hear()
    paying.pay(top_up)
    event = paying.event("checkout.session.completed")
    paying.hear([event])
    assert event_replay(event["id"], now=paying.now)
    assert paying.balance == 2_000
    with pytest.raises(StripeEvent.DoesNotExist):
        event_replay("evt_unknown", now=paying.now)


def test_events_that_were_worked_off_are_deleted_after_a_while(paying: Paying) -> None:
    paying.paid()
    assert events_purge(now=paying.now + KEPT - timedelta(seconds=1)) == 0
    assert events_purge(now=paying.now + KEPT) > 0
    assert not StripeEvent.objects.exists()


BODY = b'{"id": "evt_1"}'


def signed(body: bytes, secret: str, now: int) -> str:
    return f"t={now},v1={stripe.WebhookSignature._compute_signature(f'{now}.{body.decode()}', secret)}"


def test_signatures_are_stripes() -> None:
    now = int(time.time())
    header = signed(BODY, "whsec_1", now)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, "whsec_1", 300)
    assert is_signed(BODY, header, ["whsec_0", "whsec_1"], now + 300)


@pytest.mark.parametrize(
    ("body", "header", "now"),
    [
        (BODY + b" ", signed(BODY, "whsec_1", 1_000), 1_000),
        (BODY, signed(BODY, "whsec_2", 1_000), 1_000),
        (BODY, signed(BODY, "whsec_1", 1_000), 1_301),
        (BODY, signed(BODY, "whsec_1", 1_000), 699),
        (BODY, signed(BODY, "whsec_1", 1_000).replace("v1=", "v0="), 1_000),
        (BODY, signed(BODY, "whsec_1", 1_000).replace("t=1000", "t=1001"), 1_000),
        (BODY, "", 1_000),
        (BODY, "t=,v1=", 1_000),
        (BODY, "t=²,v1=x", 1_000),
        (BODY, "t=1000" + ",v1=x" * 500, 1_000),
    ],
)
def test_what_stripe_has_not_signed_is_not_signed(body: bytes, header: str, now: int) -> None:
    assert not is_signed(body, header, ["whsec_1"], now)
