"""Invoices of their own: items, numbers, receipts to whom, payment, ends."""

from typing import Any

import pytest
import stripe

from tests.support.standin import World, declined, refused


def drafted(world: World, customer: stripe.Customer, cents: int = 2_000, **given: Any) -> stripe.Invoice:
    world.api.invoice_items.create(
        {"customer": customer.id, "amount": cents, "currency": "usd", "description": "Credit"}
    )
    asked: Any = {"customer": customer.id, "pending_invoice_items_behavior": "include", **given}
    return world.api.invoices.create(asked)


def test_an_invoice_is_drafted_numbered_and_paid(world: World) -> None:
    customer = world.customer()
    draft = drafted(world, customer)
    assert (draft.status, draft.number, draft.amount_due) == ("draft", None, 2_000)
    first = world.api.invoices.finalize_invoice(draft.id)
    second = world.api.invoices.finalize_invoice(drafted(world, customer).id)
    assert [str(invoice.number)[-4:] for invoice in (first, second)] == ["0001", "0002"]
    with world.happening() as events:
        paid = world.api.invoices.pay(draft.id, {"expand": ["payments"]})
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 2_000, 0)
    assert events[-3:] == ["invoice_payment.paid", "invoice.paid", "invoice.payment_succeeded"]
    (payment,) = paid.payments.data  # type: ignore[union-attr]
    intent = world.api.payment_intents.retrieve(str(payment.payment.payment_intent))
    assert (payment.status, intent.amount_received) == ("paid", 2_000)


def test_an_invoice_is_made_out_to_the_company_and_its_tax_id(world: World) -> None:
    address: Any = {"line1": "Hauptstraße 1", "city": "Berlin", "country": "DE"}
    tax_ids: Any = [{"type": "eu_vat", "value": "DE123456789"}]
    customer = world.customer(name="Alpha GmbH", address=address, tax_id_data=tax_ids)
    invoice = world.api.invoices.finalize_invoice(drafted(world, customer).id)
    assert (invoice.customer_name, invoice.customer_address.country) == ("Alpha GmbH", "DE")  # type: ignore[union-attr]
    assert [tax_id.value for tax_id in invoice.customer_tax_ids or []] == ["DE123456789"]
    world.api.customers.update(customer.id, {"name": "Beta GmbH"})
    assert world.api.invoices.retrieve(invoice.id).customer_name == "Alpha GmbH"


@pytest.mark.parametrize("value", ["123", "de123456789"])
def test_a_tax_id_that_cannot_be_one_is_refused(world: World, value: str) -> None:
    customer = world.customer()
    with refused("Invalid value for eu_vat") as refusal:
        world.api.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": value})
    assert refusal.value.code == "tax_id_invalid"


def test_a_declined_invoice_stays_open(world: World) -> None:
    customer = world.customer("pm_card_chargeCustomerFail")
    invoice = world.api.invoices.finalize_invoice(drafted(world, customer).id)
    with world.happening() as events, declined():
        world.api.invoices.pay(invoice.id)
    assert events[-1] == "invoice.payment_failed"
    assert (world.api.invoices.retrieve(invoice.id).status, "invoice.paid" in world.events) == ("open", False)


def test_an_invoice_whose_bank_asks_says_that_an_action_is_needed(world: World) -> None:
    customer = world.customer("pm_card_authenticationRequired")
    with world.happening() as events, declined() as decline:
        world.api.invoices.pay(drafted(world, customer).id)
    assert decline.value.code == "invoice_payment_intent_requires_action"
    assert "invoice.payment_action_required" in events


@pytest.mark.parametrize(
    ("act", "status", "event"),
    [
        ("void_invoice", "void", "invoice.voided"),
        ("mark_uncollectible", "uncollectible", "invoice.marked_uncollectible"),
    ],
)
def test_an_open_invoice_can_be_given_up(world: World, act: str, status: str, event: str) -> None:
    invoice = world.api.invoices.finalize_invoice(drafted(world, world.customer()).id)
    assert getattr(world.api.invoices, act)(invoice.id).status == status
    assert world.events[-1] == event


def test_a_finalized_invoice_is_not_edited(world: World) -> None:
    customer = world.customer()
    invoice = world.api.invoices.finalize_invoice(drafted(world, customer).id)
    with refused("already finalized"):
        world.api.invoices.finalize_invoice(invoice.id)
    with refused("delete draft"):
        world.api.invoices.delete(invoice.id)
    given: Any = {"customer": customer.id, "amount": 1, "currency": "usd", "invoice": invoice.id}
    with refused("no longer editable"):
        world.api.invoice_items.create(given)


def test_a_deleted_draft_lets_its_items_wait_again(world: World) -> None:
    customer = world.customer()
    draft = drafted(world, customer)
    world.api.invoices.delete(draft.id)
    again = world.api.invoices.create({"customer": customer.id, "pending_invoice_items_behavior": "include"})
    assert again.amount_due == 2_000


def test_discount_and_tax_are_added_up(world: World) -> None:
    world.sandbox.settings["tax_percent"] = 19
    coupon = world.api.coupons.create({"percent_off": 25, "duration": "once"})
    more: Any = {"discounts": [{"coupon": coupon.id}], "automatic_tax": {"enabled": True}}
    invoice = drafted(world, world.customer(), 1_999, **more)
    # 1999 less 25 % (499.75, half up 500) is 1499; 19 % of it is 284.81.
    assert (invoice.subtotal, invoice.total_excluding_tax, invoice.total) == (1_999, 1_499, 1_784)


def test_too_little_to_charge_waits_for_the_next_invoice(world: World) -> None:
    customer = world.customer()
    small = world.api.invoices.finalize_invoice(drafted(world, customer, 30).id)
    assert (small.status, small.amount_due, small.ending_balance) == ("paid", 0, 30)
    next_one = world.api.invoices.finalize_invoice(drafted(world, customer, 2_000).id)
    assert next_one.amount_due == 2_030
