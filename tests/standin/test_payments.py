"""Cards: what is charged, what is declined and when, who has to authenticate."""

import pytest
import stripe

from tests.support.standin import DAY, World, declined, refused

DECLINES = [
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
]


def test_a_saved_card_is_charged_without_its_holder(world: World) -> None:
    customer = world.customer()
    with world.happening() as events:
        intent = world.charge_off_session(customer)
    assert (intent.status, intent.amount_received) == ("succeeded", 2_000)
    assert events == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    charge = world.api.charges.retrieve(str(intent.latest_charge), {"expand": ["balance_transaction"]})
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (88, 1_912)  # type: ignore[union-attr]


@pytest.mark.parametrize(("card", "code", "decline_code"), DECLINES)
def test_a_declining_card_is_refused_where_it_is_attached(
    world: World, card: str, code: str, decline_code: str | None
) -> None:
    customer = world.customer(None)
    with declined() as decline:
        world.api.payment_methods.attach(card, {"customer": customer.id})
    assert (decline.value.http_status, decline.value.code) == (402, code)
    assert decline.value.error.decline_code == decline_code if decline_code else True  # type: ignore[union-attr]
    assert list(world.api.customers.payment_methods.list(customer.id)) == []


def test_one_card_is_attached_and_declines_when_it_is_charged(world: World) -> None:
    customer = world.customer("pm_card_chargeCustomerFail")
    with world.happening() as events, declined() as decline:
        world.charge_off_session(customer)
    assert decline.value.code == "card_declined"
    assert events == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
    kept = world.api.payment_intents.list().data[0]
    assert (kept.status, kept.last_payment_error.decline_code) == (  # type: ignore[union-attr]
        "requires_payment_method",
        "generic_decline",
    )


def test_authentication_that_nobody_can_give_is_a_402_with_the_intent(world: World) -> None:
    customer = world.customer("pm_card_authenticationRequired")
    with declined() as decline:
        world.charge_off_session(customer)
    error = decline.value.error
    assert (decline.value.http_status, error.code) == (402, "authentication_required")  # type: ignore[union-attr]
    assert error.payment_intent.status == "requires_payment_method"  # type: ignore[union-attr]
    assert error.payment_intent.id == world.api.payment_intents.list().data[0].id  # type: ignore[union-attr]


def test_with_its_holder_there_a_card_waits_for_them(world: World) -> None:
    asked: stripe.params.PaymentIntentCreateParams = {
        "amount": 2_000,
        "currency": "usd",
        "payment_method": "pm_card_authenticationRequired",
        "confirm": True,
        "return_url": "http://console.test/back",
    }
    intent = world.api.payment_intents.create(asked)
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")  # type: ignore[union-attr]
    assert "charge.succeeded" not in world.events


def test_a_card_set_up_with_authentication_pays_alone_afterwards(world: World) -> None:
    customer = world.customer("pm_card_authenticationRequiredOnSetup")
    with declined():
        world.charge_off_session(customer)
    method = world.sandbox.get("payment_method", world.card(customer))
    world.sandbox.update(method, {"_set_up": True})
    assert world.charge_off_session(customer).status == "succeeded"


def test_a_card_of_somebody_else_is_refused(world: World) -> None:
    alice, bob = world.customer(), world.customer()
    asked: stripe.params.PaymentIntentCreateParams = {
        "amount": 2_000,
        "currency": "usd",
        "customer": bob.id,
        "payment_method": world.card(alice),
    }
    with refused("belongs to a customer"):
        world.api.payment_intents.create(asked)
    assert world.api.payment_intents.list().data == []


@pytest.mark.parametrize(("amount", "code"), [(49, "amount_too_small"), (100_000_000, "amount_too_large")])
def test_amounts_have_bounds(world: World, amount: int, code: str) -> None:
    with refused("Amount must be") as refusal:
        world.api.payment_intents.create({"amount": amount, "currency": "usd"})
    assert refusal.value.code == code


def test_what_is_held_is_captured_once(world: World) -> None:
    intent = world.api.payment_intents.create(
        {
            "amount": 2_000,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "capture_method": "manual",
        }
    )
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2_000)
    captured = world.api.payment_intents.capture(intent.id, {"amount_to_capture": 1_500})
    assert (captured.status, captured.amount_received) == ("succeeded", 1_500)
    with refused("could not be captured") as refusal:
        world.api.payment_intents.capture(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_a_cancelled_intent_is_not_confirmed(world: World) -> None:
    intent = world.api.payment_intents.create({"amount": 2_000, "currency": "usd", "payment_method": "pm_card_visa"})
    assert world.api.payment_intents.cancel(intent.id).status == "canceled"
    with refused("could not be confirmed"):
        world.api.payment_intents.confirm(intent.id)


@pytest.mark.parametrize(
    ("account", "status", "event"),
    [
        ("000123456789", "succeeded", "payment_intent.succeeded"),
        ("000111111116", "requires_payment_method", "payment_intent.payment_failed"),
    ],
)
def test_a_debit_is_pending_until_the_bank_answers(world: World, account: str, status: str, event: str) -> None:
    method = world.api.payment_methods.create(
        {"type": "us_bank_account", "us_bank_account": {"account_number": account}}
    )
    intent = world.api.payment_intents.create(
        {
            "amount": 2_000,
            "currency": "usd",
            "payment_method": method.id,
            "payment_method_types": ["us_bank_account"],
            "confirm": True,
        }
    )
    assert (intent.status, intent.amount_received) == ("processing", 0)
    world.clock.now += DAY
    assert world.api.payment_intents.retrieve(intent.id).status == status
    assert world.events[-1] == event


def test_a_card_is_saved_by_a_setup_and_a_declining_one_is_not(world: World) -> None:
    customer = world.customer(None)
    asked: stripe.params.SetupIntentCreateParams = {"customer": customer.id, "confirm": True}
    with world.happening() as events:
        setup = world.api.setup_intents.create({**asked, "payment_method": "pm_card_visa"})
    assert setup.status == "succeeded"
    assert events == ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"]
    with world.happening() as events, declined():
        world.api.setup_intents.create({**asked, "payment_method": "pm_card_chargeDeclined"})
    assert events == ["setup_intent.created", "setup_intent.setup_failed"]
    assert len(world.api.customers.payment_methods.list(customer.id).data) == 1
