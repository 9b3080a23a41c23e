"""Events arrive signed and in order, again when they are not taken, and go wrong on request."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.support.processes import wait_until
from tests.support.standin import API_KEY
from tests.support.standin_server import Receiver, Served, receiving, serving


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as endpoint:
        yield endpoint


def endpoint_of(served: Served, receiver: Receiver, *events: Any) -> stripe.WebhookEndpoint:
    given: Any = {"url": receiver.url, "enabled_events": events or ["customer.created", "customer.updated"]}
    return served.api.webhook_endpoints.create(given)


def everything_sent(served: Served) -> bool:
    return not served.sandbox.records.get("_delivery")


def test_events_are_signed_and_arrive_in_order(served: Served, receiver: Receiver) -> None:
    endpoint = endpoint_of(served, receiver)
    assert str(endpoint.secret).startswith("whsec_")
    assert served.api.webhook_endpoints.retrieve(endpoint.id).to_dict().get("secret") is None
    customer = served.api.customers.create({"name": "one"})
    for name in ("two", "three"):
        served.api.customers.update(customer.id, {"name": name})
    wait_until(lambda: len(receiver.taken) == 3, "three events arrive")
    names = []
    for signature, body in receiver.taken:
        event = stripe.Webhook.construct_event(body, signature, str(endpoint.secret), tolerance=10**9)
        names.append(event.data.object["name"])
    assert names == ["one", "two", "three"]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + " ", signature, str(endpoint.secret), tolerance=10**9)
    wait_until(lambda: everything_sent(served), "nothing waits")
    assert {event.pending_webhooks for event in served.api.events.list().data} == {0}


def test_while_a_secret_is_rotated_both_sign(served: Served, receiver: Receiver) -> None:
    endpoint = endpoint_of(served, receiver)
    new = served.switch("webhook_secret", endpoint=endpoint.id, seconds=3_600)["secret"]
    served.api.customers.create({})
    wait_until(lambda: len(receiver.taken) == 1, "the first event arrives")
    served.clock.now += 3_601
    served.api.customers.create({})
    wait_until(lambda: len(receiver.taken) == 2, "both events arrive")
    (first, body), (second, later) = receiver.taken
    for secret in (str(endpoint.secret), new):
        assert stripe.Webhook.construct_event(body, first, secret, tolerance=10**9)
    assert stripe.Webhook.construct_event(later, second, new, tolerance=10**9)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(later, second, str(endpoint.secret), tolerance=10**9)


def test_what_is_not_taken_comes_again_with_a_fresh_signature(served: Served, receiver: Receiver) -> None:
    endpoint_of(served, receiver)
    receiver.status = lambda number: 500 if number == 0 else 200
    served.api.customers.create({})
    wait_until(lambda: len(receiver.taken) == 1, "the first attempt")
    wait_until(lambda: [each["attempts"] for each in served.sandbox.records["_delivery"].values()] == [1], "it failed")
    served.clock.now += 2
    wait_until(lambda: everything_sent(served), "the second attempt is taken")
    (first, body), (second, again) = receiver.taken
    assert (body, first != second) == (again, True)


def test_a_redirect_is_no_acceptance(served: Served, receiver: Receiver) -> None:
    endpoint_of(served, receiver)
    receiver.status = lambda number: 302
    served.api.customers.create({})
    wait_until(lambda: [each["attempts"] for each in served.sandbox.records["_delivery"].values()] == [1], "it failed")


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ("lose_events", ["customer.updated"]),
        ("double_events", ["customer.created", "customer.created", "customer.updated"]),
        ("delay_events", ["customer.updated", "customer.created"]),
    ],
)
def test_an_event_is_lost_doubled_or_late_on_request(
    served: Served, receiver: Receiver, fault: str, arrived: list[str]
) -> None:
    endpoint_of(served, receiver)
    served.switch("faults", fault=fault, match="customer.created", seconds=60)
    customer = served.api.customers.create({})
    served.api.customers.update(customer.id, {"name": "x"})
    wait_until(lambda: "customer.updated" in receiver.types(), "the second event arrives")
    served.clock.now += 61
    wait_until(lambda: everything_sent(served), "nothing waits")
    assert receiver.types() == arrived


def test_the_events_of_one_act_come_in_another_order_on_request(served: Served, receiver: Receiver) -> None:
    endpoint_of(served, receiver, "payment_intent.created", "charge.succeeded", "payment_intent.succeeded")
    served.switch("faults", fault="reorder_events", times=2)
    given: Any = {"amount": 2_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    served.api.payment_intents.create(given)
    wait_until(lambda: len(receiver.taken) == 3, "all arrive")
    assert receiver.types() == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


def test_a_disabled_or_deleted_endpoint_gets_nothing(served: Served, receiver: Receiver) -> None:
    first, second = endpoint_of(served, receiver), endpoint_of(served, receiver)
    served.api.webhook_endpoints.update(first.id, {"disabled": True})
    served.api.webhook_endpoints.delete(second.id)
    served.api.customers.create({})
    assert everything_sent(served)


def test_an_answer_is_lost_after_the_work_and_the_repeat_finds_it_done(served: Served) -> None:
    served.switch("faults", fault="time_out_after", match="POST /v1/customers")
    hasty = served.client_waiting(0.3)
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.customers.create({"name": "once"}, {"idempotency_key": "one"})
    again = served.api.customers.create({"name": "once"}, {"idempotency_key": "one"})
    assert [customer.id for customer in served.api.customers.list().data] == [again.id]
    assert again.last_response.headers["idempotent-replayed"] == "true"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fault", "kind", "made"),
    [
        ("error_before", stripe.APIError, 0),
        ("error_after", stripe.APIError, 1),
        ("rate_limit", stripe.RateLimitError, 0),
    ],
)
def test_errors_come_before_or_after_the_work(
    served: Served, fault: str, kind: type[stripe.StripeError], made: int
) -> None:
    served.switch("faults", fault=fault, match="POST /v1/customers")
    with pytest.raises(kind):
        served.api.customers.create({})
    assert len(served.api.customers.list().data) == made
    served.api.customers.create({})


def test_faults_are_switched_off_and_bounded(served: Served) -> None:
    served.switch("faults", fault="error_before", times=1_000)
    assert served.switch("faults/clear") == {"cleared": 1}
    served.api.customers.create({})
    with served.browser() as browser:
        headers = {"authorization": f"Bearer {API_KEY}"}
        for body in ('{"fault": "burn"}', '{"fault": "rate_limit", "times": 1001}', "[]", "{"):
            assert browser.post("/admin/faults", content=body, headers=headers).status_code == 400
        assert browser.post("/admin/faults", content="{}").status_code == 401
        assert browser.post("/admin/burn", content="{}", headers=headers).status_code == 404


def test_a_dispute_is_opened_and_decided_at_will(served: Served) -> None:
    given: Any = {"amount": 2_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    intent = served.api.payment_intents.create(given)
    dispute = served.switch("disputes", charge=intent.latest_charge)
    assert served.switch("disputes/decide", dispute=dispute["id"], won=True)["status"] == "won"
