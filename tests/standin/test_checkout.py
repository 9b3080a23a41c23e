"""Checkout sessions: paid, saved, subscribed, given up, late; driven as Stripe's command line does it."""

from typing import Any

import pytest

from billing.standin.service import Answer
from tests.support.standin import DAY, World, refused


def pay(world: World, session_id: str, card: str = "pm_card_visa") -> Answer:
    return world.send("POST", f"/v1/payment_pages/{session_id}/confirm", f"payment_method={card}")


def test_a_paid_session_has_an_intent_an_invoice_and_saves_the_card(world: World) -> None:
    customer = world.customer(None)
    data: Any = {"setup_future_usage": "off_session", "metadata": {"topup": "top_1"}}
    session = world.checkout(customer=customer.id, invoice_creation={"enabled": True}, payment_intent_data=data)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    with world.happening() as events:
        assert pay(world, session.id).status == 200
    done = world.api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent", "invoice", "line_items"]})
    assert (done.status, done.payment_status, done.url, done.amount_total) == ("complete", "paid", None, 2_000)
    assert done.payment_intent.metadata["topup"] == "top_1"  # type: ignore[union-attr,index]
    assert (done.invoice.status, done.invoice.amount_paid) == ("paid", 2_000)  # type: ignore[union-attr]
    assert done.line_items.data[0].description == "Credit"  # type: ignore[union-attr]
    assert len(world.api.customers.payment_methods.list(customer.id).data) == 1
    assert [event for event in events if event.startswith(("checkout", "payment_intent", "invoice.p"))] == [
        "payment_intent.created",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
    ]


def test_a_declined_card_leaves_the_session_open_for_another(world: World) -> None:
    session = world.checkout()
    assert pay(world, session.id, "pm_card_chargeCustomerFail").status == 402
    assert world.api.checkout.sessions.retrieve(session.id).status == "open"
    assert pay(world, session.id).status == 200
    assert pay(world, session.id).status == 400
    assert world.events.count("checkout.session.completed") == 1
    assert len(world.api.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    ("account", "payment_status", "event"),
    [
        ("000123456789", "paid", "checkout.session.async_payment_succeeded"),
        ("000111111116", "unpaid", "checkout.session.async_payment_failed"),
    ],
)
def test_a_debit_completes_the_session_before_it_is_paid(
    world: World, account: str, payment_status: str, event: str
) -> None:
    session = world.checkout(payment_method_types=["card", "us_bank_account"])
    bank: Any = {"type": "us_bank_account", "us_bank_account": {"account_number": account}}
    assert pay(world, session.id, world.api.payment_methods.create(bank).id).status == 200
    done = world.api.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "unpaid")
    world.clock.now += DAY
    assert world.api.checkout.sessions.retrieve(session.id).payment_status == payment_status
    assert world.events[-1] == event


def test_a_session_only_saves_a_card(world: World) -> None:
    customer = world.customer(None)
    session = world.api.checkout.sessions.create(
        {"mode": "setup", "currency": "usd", "customer": customer.id, "success_url": "http://console.test/"}
    )
    pay(world, session.id, "pm_card_authenticationRequiredOnSetup")
    assert world.events[-1] == "setup_intent.requires_action"
    pay(world, session.id)
    done = world.api.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert done.setup_intent.payment_method == world.api.customers.payment_methods.list(customer.id).data[0].id  # type: ignore[union-attr]


def test_a_session_begins_a_subscription(world: World) -> None:
    lines: Any = [{"price": world.price(2_000), "quantity": 3}]
    data: Any = {"metadata": {"workspace": "wrk_1"}}
    session = world.checkout(mode="subscription", line_items=lines, subscription_data=data)
    assert pay(world, session.id).status == 200
    done = world.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("paid", "active")  # type: ignore[union-attr]
    assert done.subscription.metadata["workspace"] == "wrk_1"  # type: ignore[union-attr,index]
    assert world.events[-1] == "checkout.session.completed"


def test_a_subscription_whose_card_fails_does_not_begin(world: World) -> None:
    lines: Any = [{"price": world.price(2_000), "quantity": 1}]
    session = world.checkout(mode="subscription", line_items=lines)
    assert pay(world, session.id, "pm_card_chargeCustomerFail").status == 402
    assert world.api.checkout.sessions.retrieve(session.id).status == "open"
    assert world.api.subscriptions.list({"status": "all"}).data == []


def test_a_session_expires_by_itself_and_by_hand(world: World) -> None:
    late, early = world.checkout(), world.checkout()
    assert world.api.checkout.sessions.expire(early.id).status == "expired"
    with refused("Only Checkout Sessions with a status of open"):
        world.api.checkout.sessions.expire(early.id)
    world.clock.now += DAY
    assert world.api.checkout.sessions.retrieve(late.id).status == "expired"
    assert pay(world, late.id).status == 400
    assert world.events.count("checkout.session.expired") == 2


def test_discount_and_tax_are_in_the_total_and_in_the_invoice(world: World) -> None:
    world.sandbox.settings["tax_percent"] = 19
    coupon = world.api.coupons.create({"amount_off": 500, "currency": "usd", "duration": "once"})
    options: Any = {"discounts": [{"coupon": coupon.id}], "automatic_tax": {"enabled": True}}
    session = world.checkout(invoice_creation={"enabled": True}, **options)
    details: Any = session.total_details
    assert (details.amount_discount, details.amount_tax, session.amount_total) == (500, 285, 1_785)
    pay(world, session.id)
    done: Any = world.api.checkout.sessions.retrieve(session.id, {"expand": ["invoice", "payment_intent"]})
    assert (done.invoice.total, done.payment_intent.amount_received) == (1_785, 1_785)
    assert world.api.coupons.retrieve(coupon.id).times_redeemed == 1


def test_a_sessions_invoice_is_paid_by_its_intent_and_leaves_credit_alone(world: World) -> None:
    customer = world.customer(balance=-5_000)
    session = world.checkout(customer=customer.id, invoice_creation={"enabled": True})
    pay(world, session.id)
    invoice: Any = world.api.checkout.sessions.retrieve(session.id, {"expand": ["invoice.payments"]}).invoice
    (payment,) = invoice.payments.data
    assert (invoice.amount_paid, payment.amount_paid) == (2_000, 2_000)
    assert (invoice.starting_balance, invoice.ending_balance) == (-5_000, -5_000)
    assert world.api.customers.retrieve(customer.id).balance == -5_000


def test_a_session_that_costs_nothing_needs_no_payment(world: World) -> None:
    coupon = world.api.coupons.create({"percent_off": 100, "duration": "once"})
    discounts: Any = [{"coupon": coupon.id}]
    session = world.checkout(discounts=discounts)
    pay(world, session.id)
    done = world.api.checkout.sessions.retrieve(session.id)
    assert (done.payment_status, done.payment_intent) == ("no_payment_required", None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"success_url": ""}, "success_url"),
        ({"success_url": "javascript:alert(1)"}, "Not a valid URL"),
        ({"line_items": []}, "must pass line_items"),
        ({"mode": "setup"}, "can not pass `line_items`"),
        ({"customer": "cus_nobody"}, "No such customer"),
        ({"expires_at": 1}, "between 30 minutes and 24 hours"),
        ({"mode": "subscription", "payment_intent_data": {"description": "x"}}, "can not pass `payment_intent_data`"),
        ({"ui_mode": "elements"}, "hosted pages only"),
    ],
)
def test_a_session_that_cannot_be_is_refused(world: World, given: Any, said: str) -> None:
    with refused(said):
        world.checkout(**given)
    assert world.api.checkout.sessions.list().data == []
