"""Subscriptions: periods, prorations, what happens when a card fails, trials, ends."""

from typing import Any

import pytest
import stripe

from tests.support.standin import DAY, NOON, World, declined, refused


def subscribe(world: World, customer: stripe.Customer, price: str, **given: Any) -> stripe.Subscription:
    asked: Any = {"customer": customer.id, "items": [{"price": price}], "expand": ["latest_invoice"], **given}
    return world.api.subscriptions.create(asked)


def item_of(subscription: stripe.Subscription) -> stripe.SubscriptionItem:
    item: stripe.SubscriptionItem = subscription["items"].data[0]
    return item


def test_a_subscription_is_active_once_its_first_invoice_is_paid(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    invoice: Any = subscription.latest_invoice
    assert (subscription.status, invoice.status, invoice.billing_reason) == ("active", "paid", "subscription_create")
    assert invoice.amount_paid == 2_000
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert item_of(subscription).current_period_end - item_of(subscription).current_period_start == 31 * DAY
    order = [event for event in world.events if event.startswith(("customer.sub", "invoice."))]
    assert order == [
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]


def test_a_period_ends_in_a_draft_that_is_paid_an_hour_later(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    end = item_of(subscription).current_period_end
    world.clock.now = end + 1
    renewed = world.api.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    draft: Any = renewed.latest_invoice
    assert (item_of(renewed).current_period_start, draft.status) == (end, "draft")
    assert draft.billing_reason == "subscription_cycle"
    world.clock.now = end + 2 * 3_600
    assert world.api.invoices.retrieve(draft.id).status == "paid"
    assert world.api.subscriptions.retrieve(subscription.id).status == "active"


def test_an_upgrade_is_prorated_within_an_unchanged_period(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    item = item_of(subscription)
    world.clock.now += 15 * DAY
    changed = world.api.subscriptions.update(
        subscription.id,
        {
            "items": [{"id": item.id, "price": world.price(5_000)}],
            "proration_behavior": "always_invoice",
            "expand": ["latest_invoice"],
        },
    )
    invoice: Any = changed.latest_invoice
    assert invoice.billing_reason == "subscription_update"
    # 16 of 31 days are left: -2000 × 16/31 and 5000 × 16/31.
    assert [line.amount for line in invoice.lines.data] == [-1_032, 2_581]
    assert invoice.amount_paid == 1_549
    assert {(line.period.start, line.period.end) for line in invoice.lines.data} == {
        (world.clock.now, item.current_period_end)
    }
    assert all(line.parent.subscription_item_details.proration for line in invoice.lines.data)
    after = item_of(changed)
    assert (after.current_period_start, after.current_period_end) == (
        item.current_period_start,
        item.current_period_end,
    )


def test_prorations_wait_for_the_next_invoice_by_themselves(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    item = item_of(subscription)
    invoices = len(world.api.invoices.list().data)
    world.api.subscriptions.update(subscription.id, {"items": [{"id": item.id, "quantity": 3}]})
    assert len(world.api.invoices.list().data) == invoices
    world.clock.now = item.current_period_end + 1
    renewed: Any = world.api.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]}).latest_invoice
    assert [line.amount for line in renewed.lines.data] == [-2_000, 6_000, 6_000]


def test_without_proration_a_change_costs_nothing_now(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    given: Any = {"items": [{"id": item_of(subscription).id, "quantity": 3}], "proration_behavior": "none"}
    world.api.subscriptions.update(subscription.id, given)
    assert world.api.invoice_items.list().data == []


def test_a_downgrade_leaves_credit_that_the_next_invoice_uses(world: World) -> None:
    customer = world.customer()
    subscription = subscribe(world, customer, world.price(5_000))
    item = item_of(subscription)
    given: Any = {"items": [{"id": item.id, "price": world.price(2_000)}], "proration_behavior": "always_invoice"}
    world.api.subscriptions.update(subscription.id, given)
    assert world.api.customers.retrieve(customer.id).balance == -3_000
    world.clock.now = item.current_period_end + 1
    world.api.events.list()
    world.clock.now += 2 * 3_600
    renewed: Any = world.api.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]}).latest_invoice
    assert (renewed.total, renewed.amount_due, renewed.ending_balance) == (2_000, 0, -1_000)


def test_another_interval_begins_a_new_period(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    world.clock.now += 15 * DAY
    given: Any = {"items": [{"id": item_of(subscription).id, "price": world.price(20_000, "year")}]}
    changed = world.api.subscriptions.update(subscription.id, {**given, "expand": ["latest_invoice"]})
    invoice: Any = changed.latest_invoice
    assert [line.amount for line in invoice.lines.data] == [-1_032, 20_000]
    assert item_of(changed).current_period_start == world.clock.now
    assert item_of(changed).current_period_end - world.clock.now == 365 * DAY


def test_a_preview_says_what_a_change_would_cost_and_changes_nothing(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    price, events = world.price(5_000), len(world.events)
    details: Any = {"items": [{"id": item_of(subscription).id, "price": price}], "proration_behavior": "always_invoice"}
    preview = world.api.invoices.create_preview({"subscription": subscription.id, "subscription_details": details})
    assert preview.amount_due == 3_000
    assert len(world.events) == events
    assert item_of(world.api.subscriptions.retrieve(subscription.id)).price.unit_amount == 2_000


def test_a_failing_card_makes_a_subscription_past_due_until_another_pays(world: World) -> None:
    customer = world.customer()
    subscription = subscribe(world, customer, world.price(2_000))
    bad = world.api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    world.api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": bad.id}})
    world.clock.now = item_of(subscription).current_period_end + 1
    world.api.events.list()
    world.clock.now += 2 * 3_600
    due = world.api.subscriptions.retrieve(subscription.id)
    assert due.status == "past_due"
    invoice = world.api.invoices.retrieve(str(due.latest_invoice))
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    assert invoice.next_payment_attempt == world.clock.now + 3 * DAY
    paid = world.api.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "paid"
    assert world.api.subscriptions.retrieve(subscription.id).status == "active"


def test_a_failed_renewal_is_tried_three_times_and_then_unpaid(world: World) -> None:
    customer = world.customer()
    subscription = subscribe(world, customer, world.price(2_000, "year"))
    bad = world.api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    world.api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": bad.id}})
    world.clock.now = item_of(subscription).current_period_end + 1
    for _ in range(20):
        world.api.events.list()
        world.clock.now += DAY
    due = world.api.subscriptions.retrieve(subscription.id)
    assert due.status == "unpaid"
    assert world.api.invoices.retrieve(str(due.latest_invoice)).attempt_count == 4
    assert world.events.count("invoice.payment_failed") == 4


@pytest.mark.parametrize(
    ("behavior", "status"), [("allow_incomplete", "incomplete"), ("default_incomplete", "incomplete")]
)
def test_a_first_payment_that_fails_leaves_it_incomplete_for_a_day(world: World, behavior: str, status: str) -> None:
    customer = world.customer("pm_card_chargeCustomerFail")
    subscription = subscribe(world, customer, world.price(2_000), payment_behavior=behavior)
    assert subscription.status == status
    world.clock.now += DAY
    assert world.api.subscriptions.retrieve(subscription.id).status == "incomplete_expired"


def test_an_error_instead_of_incomplete_leaves_nothing_behind(world: World) -> None:
    customer, price = world.customer("pm_card_chargeCustomerFail"), world.price(2_000)
    with world.happening() as events, declined():
        subscribe(world, customer, price, payment_behavior="error_if_incomplete")
    assert events == []
    assert world.api.subscriptions.list({"status": "all"}).data == []


def test_without_a_card_nothing_is_subscribed(world: World) -> None:
    customer, price = world.customer(None), world.price(2_000)
    with refused("no default_payment_method"):
        subscribe(world, customer, price)
    assert world.api.subscriptions.list({"status": "all"}).data == []


def test_an_end_with_the_period_can_be_taken_back(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    ending = world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert (ending.status, ending.canceled_at) == ("active", NOON)
    world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    world.clock.now = item_of(subscription).current_period_end + 1
    assert world.api.subscriptions.retrieve(subscription.id).status == "active"
    world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    world.clock.now += 32 * DAY
    assert world.api.subscriptions.retrieve(subscription.id).status == "canceled"
    assert world.events[-1] == "customer.subscription.deleted"


def test_what_has_ended_is_not_changed_any_more(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    assert world.api.subscriptions.cancel(subscription.id).status == "canceled"
    with refused("canceled subscription"):
        world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert world.api.subscriptions.list().data == []
    assert len(world.api.subscriptions.list({"status": "canceled"}).data) == 1


def test_a_trial_costs_nothing_and_ends_in_a_paid_period(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000), trial_period_days=7)
    invoice: Any = subscription.latest_invoice
    assert (subscription.status, invoice.amount_paid, invoice.status) == ("trialing", 0, "paid")
    world.clock.now += 7 * DAY + 1
    ended = world.api.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    paid: Any = ended.latest_invoice
    assert (ended.status, paid.amount_paid) == ("active", 2_000)


def test_a_coupon_for_some_months_ends(world: World) -> None:
    coupon = world.api.coupons.create({"percent_off": 50, "duration": "repeating", "duration_in_months": 2})
    promotion: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HALF"}
    code = world.api.promotion_codes.create(promotion)
    subscription = subscribe(world, world.customer(), world.price(2_000), discounts=[{"promotion_code": code.id}])
    for _ in range(2):
        world.clock.now += 31 * DAY + 1
        world.api.events.list()
        world.clock.now += 2 * 3_600
        world.api.events.list()
    totals = [invoice.total for invoice in world.api.invoices.list({"subscription": subscription.id}).data]
    assert totals == [2_000, 1_000, 1_000]
    assert world.api.promotion_codes.retrieve(code.id).times_redeemed == 1


def test_months_keep_the_day_they_began_on(world: World) -> None:
    world.clock.now = 1_801_396_800  # 31 January 2027
    subscription = subscribe(world, world.customer(), world.price(2_000))
    ends = [item_of(subscription).current_period_end]
    for _ in range(3):
        world.clock.now = ends[-1] + 1
        ends.append(item_of(world.api.subscriptions.retrieve(subscription.id)).current_period_end)
    days = [(end - 1_801_396_800) // DAY for end in ends]
    assert days == [28, 59, 89, 120]


def test_a_test_clock_runs_a_customers_time_and_nobody_elses(world: World) -> None:
    clock = world.api.test_helpers.test_clocks.create({"frozen_time": NOON})
    customer = world.customer(test_clock=clock.id)
    subscription = subscribe(world, customer, world.price(2_000))
    other = subscribe(world, world.customer(), world.price(2_000))
    world.api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": NOON + 65 * DAY})
    invoices = world.api.invoices.list({"subscription": subscription.id}).data
    assert [invoice.status for invoice in invoices] == ["paid", "paid", "paid"]
    assert len(world.api.invoices.list({"subscription": other.id}).data) == 1
    with refused("only be moved forward"):
        world.api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": NOON})


def test_seats_change_through_the_item_as_well(world: World) -> None:
    subscription = subscribe(world, world.customer(), world.price(2_000))
    item = world.api.subscription_items.update(item_of(subscription).id, {"quantity": 4})
    assert item.quantity == 4
    assert world.api.subscription_items.list({"subscription": subscription.id}).data[0].quantity == 4
    assert item_of(world.api.subscriptions.retrieve(subscription.id)).quantity == 4
