"""Money that goes back: refunds add up and never exceed the charge, a dispute withdraws what it is about."""

import pytest
import stripe

from tests.support.standin import DAY, World, refused


def paid_with(world: World, card: str) -> stripe.PaymentIntent:
    return world.api.payment_intents.create(
        {"amount": 2_000, "currency": "usd", "payment_method": card, "confirm": True}
    )


def net(world: World) -> int:
    return sum(moved["net"] for moved in world.sandbox.every("balance_transaction"))


def test_each_refund_tells_what_is_refunded_in_all(world: World) -> None:
    intent = paid_with(world, "pm_card_visa")
    for amount in (500, 700, 800):
        world.api.refunds.create({"payment_intent": intent.id, "amount": amount})
    refunded = [event for event in world.sandbox.every("event") if event["type"] == "charge.refunded"]
    told = [(event["data"]["object"]["amount_refunded"], event["data"]["object"]["refunded"]) for event in refunded]
    assert told == [(2_000, True), (1_200, False), (500, False)]
    assert refunded[0]["data"]["previous_attributes"] == {"amount_refunded": 1_200, "refunded": False}
    assert net(world) == -88


def test_no_more_is_refunded_than_was_paid(world: World) -> None:
    intent = paid_with(world, "pm_card_visa")
    world.api.refunds.create({"payment_intent": intent.id, "amount": 500})
    with refused(r"\$16.00\) is greater than unrefunded amount on charge \(\$15.00") as refusal:
        world.api.refunds.create({"payment_intent": intent.id, "amount": 1_600})
    assert refusal.value.http_status == 400
    world.api.refunds.create({"payment_intent": intent.id})
    with refused("already been refunded") as refusal:
        world.api.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_already_refunded"
    assert len(world.api.refunds.list().data) == 2


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_is_of_something(world: World, amount: int) -> None:
    intent = paid_with(world, "pm_card_visa")
    with refused("Invalid positive integer"):
        world.api.refunds.create({"payment_intent": intent.id, "amount": amount})


def test_a_refund_the_bank_sends_back_is_undone(world: World) -> None:
    intent = paid_with(world, "pm_card_refundFail")
    refund = world.api.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    world.clock.now += DAY
    assert world.api.refunds.retrieve(refund.id).status == "failed"
    assert world.api.charges.retrieve(str(intent.latest_charge)).amount_refunded == 0
    assert world.events[-2:] == ["refund.failed", "charge.refund.updated"]
    assert net(world) == 1_912


@pytest.mark.parametrize(
    ("evidence", "status", "returned"),
    [("winning_evidence", "won", 2_000 + 1_500), ("losing_evidence", "lost", 0)],
)
def test_a_dispute_withdraws_at_once_and_gives_back_when_it_is_won(
    world: World, evidence: str, status: str, returned: int
) -> None:
    with world.happening() as opened:
        intent = paid_with(world, "pm_card_createDispute")
    assert opened[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert net(world) == 1_912 - 2_000 - 1_500
    (dispute,) = world.api.disputes.list({"payment_intent": intent.id}).data
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    with refused("charged back"):
        world.api.refunds.create({"payment_intent": intent.id})
    decided = world.api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})
    assert decided.status == status
    assert net(world) == 1_912 - 2_000 - 1_500 + returned
    assert ("charge.dispute.funds_reinstated" in world.events) is (returned > 0)
    assert world.events[-1] == "charge.dispute.closed"


def test_an_inquiry_withdraws_nothing(world: World) -> None:
    with world.happening() as opened:
        intent = paid_with(world, "pm_card_createDisputeInquiry")
    assert opened[-1] == "charge.dispute.created"
    assert net(world) == 1_912
    assert world.api.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_a_dispute_that_is_accepted_is_lost_for_good(world: World) -> None:
    paid_with(world, "pm_card_createDispute")
    (dispute,) = world.api.disputes.list().data
    assert world.api.disputes.close(dispute.id).status == "lost"
    with refused("already closed"):
        world.api.disputes.close(dispute.id)
