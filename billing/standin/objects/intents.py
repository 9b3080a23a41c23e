"""Payment intents as callers make them: create, update, confirm, capture, cancel."""

from typing import Any, Final

from billing.standin.objects.blanks import blank
from billing.standin.objects.changes import merged_metadata, settled
from billing.standin.objects.charges import charge_take
from billing.standin.objects.paying import intent_confirm
from billing.standin.objects.paymentmethods import method_create, method_named
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, invalid

LEAST_CENTS: Final = 50
MOST_CENTS: Final = 99_999_999
SETTABLE: Final = (
    *("amount", "currency", "description", "receipt_email", "setup_future_usage", "shipping"),
    *("statement_descriptor", "statement_descriptor_suffix", "payment_method_types", "transfer_group"),
)
OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")


def intent_create(sandbox: Sandbox, given: Object) -> Object:
    """Create, and confirm when asked. Raises StripeRefusal with the intent in it when the card declines."""
    if given.get("off_session") and not given.get("confirm"):
        raise invalid("You can only set `off_session` when `confirm` is true.", param="off_session")
    if customer := given.get("customer"):
        sandbox.get("customer", customer, "customer")
    intent = intent_new(sandbox, given)
    if given.get("payment_method") or given.get("payment_method_data"):
        _take_method(sandbox, intent, given)
    sandbox.emit("payment_intent.created", intent)
    return intent_confirm(sandbox, intent, given) if given.get("confirm") else intent


def intent_new(sandbox: Sandbox, given: Object) -> Object:
    """An intent that nothing has been done about. Refuses an amount outside of Stripe's bounds."""
    check_amount(given["amount"])
    id_ = sandbox.new_id("pi")
    intent: Object = {
        **blank("payment_intent"),
        "id": id_,
        "amount": given["amount"],
        "automatic_payment_methods": given.get("automatic_payment_methods"),
        "capture_method": given.get("capture_method", "automatic_async"),
        "client_secret": sandbox.new_id(f"{id_}_secret"),
        "confirmation_method": given.get("confirmation_method", "automatic"),
        "created": sandbox.now,
        "currency": given["currency"].lower(),
        "customer": given.get("customer") or None,
        "description": given.get("description"),
        "metadata": merged_metadata({}, given.get("metadata")),
        "payment_method_types": given.get("payment_method_types") or ["card"],
        "receipt_email": given.get("receipt_email"),
        "setup_future_usage": given.get("setup_future_usage"),
        "shipping": given.get("shipping"),
        "statement_descriptor": given.get("statement_descriptor"),
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "transfer_group": given.get("transfer_group"),
        "_invoice": given.get("_invoice"),
        "_session": given.get("_session"),
    }
    return sandbox.add(intent)


def intent_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    intent = _open_intent(sandbox, id_, "update")
    if "amount" in given:
        check_amount(given["amount"])
    if given.get("payment_method"):
        _take_method(sandbox, intent, given)
    return sandbox.update(intent, settled(given, intent, SETTABLE))


def intent_confirm_by_id(sandbox: Sandbox, given: Object, id_: str) -> Object:
    intent = _open_intent(sandbox, id_, "confirm")
    if given.get("payment_method") or given.get("payment_method_data"):
        _take_method(sandbox, intent, given)
    return intent_confirm(sandbox, intent, given)


def intent_capture(sandbox: Sandbox, given: Object, id_: str) -> Object:
    intent = sandbox.get("payment_intent", id_)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured")
    amount = int(given.get("amount_to_capture") or intent["amount_capturable"])
    if not 0 < amount <= intent["amount_capturable"]:
        raise invalid("The amount to capture is more than what is capturable.", param="amount_to_capture")
    charge = sandbox.get("charge", intent["latest_charge"])
    charge_take(sandbox, charge, amount)
    sandbox.emit("charge.captured", charge)
    sandbox.update(intent, {"status": "succeeded", "amount_received": amount, "amount_capturable": 0})
    sandbox.emit("payment_intent.succeeded", intent)
    return intent


def intent_cancel(sandbox: Sandbox, given: Object, id_: str) -> Object:
    intent = _open_intent(sandbox, id_, "cancel")
    if intent["_invoice"]:
        raise invalid("This PaymentIntent belongs to an invoice; void the invoice instead.")
    return intent_end(sandbox, intent, given.get("cancellation_reason"))


def intent_end(sandbox: Sandbox, intent: Object, reason: str | None) -> Object:
    changes: dict[str, Any] = {"status": "canceled", "canceled_at": sandbox.now, "cancellation_reason": reason}
    sandbox.update(intent, {**changes, "next_action": None, "amount_capturable": 0})
    sandbox.emit("payment_intent.canceled", intent)
    return intent


def check_amount(amount: int) -> None:
    if amount < LEAST_CENTS:
        raise invalid("Amount must be at least $0.50 usd", param="amount", code="amount_too_small")
    if amount > MOST_CENTS:
        raise invalid("Amount must be no more than $999,999.99", param="amount", code="amount_too_large")


def _take_method(sandbox: Sandbox, intent: Object, given: Object) -> None:
    """Set the method an intent is paid with; one that belongs to another customer is refused."""
    if given.get("payment_method"):
        method = method_named(sandbox, given["payment_method"], "payment_method")
    else:
        method = method_create(sandbox, given["payment_method_data"])
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        raise invalid(
            "The provided PaymentMethod belongs to a customer; send that customer with the PaymentIntent.",
            param="payment_method",
        )
    if method["type"] not in intent["payment_method_types"] and not intent["automatic_payment_methods"]:
        raise invalid(f"The payment method type {method['type']} is not allowed here.", param="payment_method")
    sandbox.update(intent, {"payment_method": method["id"], "status": "requires_confirmation"})


def _open_intent(sandbox: Sandbox, id_: str, act: str) -> Object:
    intent = sandbox.get("payment_intent", id_)
    if intent["status"] not in OPEN or (act != "cancel" and intent["status"] == "requires_capture"):
        raise _unexpected(intent, {"cancel": "canceled", "update": "updated"}.get(act, "confirmed"))
    return intent


def _unexpected(intent: Object, act: str) -> StripeRefusal:
    refusal = invalid(
        f"This PaymentIntent could not be {act} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )
    refusal.error["payment_intent"] = intent
    return refusal
