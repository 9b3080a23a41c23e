"""How a payment intent is paid: what the card does, who has to authenticate, and what follows from success."""

from typing import Any, Final

from billing.standin.objects.cards import Card, Decline, must_authenticate
from billing.standin.objects.charges import charge_create, charge_take
from billing.standin.objects.disputes import dispute_open
from billing.standin.objects.paymentmethods import behaviour, declined, method_attach_to
from billing.standin.objects.times import later
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, invalid, shown

# A debit's money comes, or does not, this much later.
DEBIT_SECONDS: Final = 60
AUTHENTICATION: Final = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
UNAUTHENTICATED: Final = Decline(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
RETURNED: Final = Decline("insufficient_funds", None, "The customer's account has insufficient funds.")


def intent_confirm(sandbox: Sandbox, intent: Object, given: Object) -> Object:
    """Try to pay. Raises StripeRefusal, with the intent in it, when the card declines.

    With `off_session` a bank that wants the holder is a decline; with `_asks`, as for invoices, the intent waits.
    """
    if intent["payment_method"] is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = sandbox.get("payment_method", intent["payment_method"])
    if method["type"] != "card":
        return _debit(sandbox, intent, method)
    card = behaviour(method)
    off_session = bool(given.get("off_session"))
    if method.pop("_authenticated", False):
        sandbox.save(method)
    elif must_authenticate(card, is_set_up=method["_set_up"], off_session=off_session):
        if off_session and not given.get("_asks"):
            raise intent_decline(sandbox, intent, method, AUTHENTICATION)
        return _ask(sandbox, intent, given.get("return_url"))
    return _pay(sandbox, intent, method, card)


def intent_authenticate(sandbox: Sandbox, intent: Object, *, succeeds: bool) -> Object:
    """The holder has answered their bank. Raises StripeRefusal as `intent_confirm` does."""
    if intent["status"] != "requires_action":
        return intent
    method = sandbox.get("payment_method", intent["payment_method"])
    sandbox.update(intent, {"next_action": None})
    if not succeeds:
        raise intent_decline(sandbox, intent, method, UNAUTHENTICATED)
    if intent["setup_future_usage"] == "off_session":
        sandbox.update(method, {"_set_up": True})
    return _pay(sandbox, intent, method, behaviour(method))


def intent_decline(sandbox: Sandbox, intent: Object, method: Object, decline: Decline) -> StripeRefusal:
    """Note the decline at the intent; the error to raise."""
    charge = charge_create(sandbox, intent, method, failure=decline)
    shown = _error(decline, charge["id"], method)
    sandbox.update(
        intent,
        {
            "status": "requires_payment_method",
            "payment_method": None,
            "latest_charge": charge["id"],
            "last_payment_error": shown,
            "next_action": None,
        },
    )
    sandbox.emit("charge.failed", charge)
    sandbox.emit("payment_intent.payment_failed", intent)
    refusal = declined(decline, charge=charge["id"], payment_intent=intent, payment_method=method)
    refusal.keeps = True
    return refusal


def debit_settle(sandbox: Sandbox, intent: Object) -> None:
    """A debit's money has come, or was returned."""
    if intent["status"] != "processing":
        return
    method = sandbox.get("payment_method", intent["payment_method"])
    if not method["_bounces"]:
        _succeed(sandbox, intent, sandbox.get("charge", intent["latest_charge"]))
        return
    charge = sandbox.get("charge", intent["latest_charge"])
    failed = {"status": "failed", "paid": False, "captured": False, "amount_captured": 0, "receipt_url": None}
    sandbox.update(charge, {**failed, "failure_code": RETURNED.code, "failure_message": RETURNED.message})
    error = _error(RETURNED, charge["id"], method)
    sandbox.update(
        intent,
        {"status": "requires_payment_method", "payment_method": None, "processing": None, "last_payment_error": error},
    )
    sandbox.emit("charge.failed", charge)
    sandbox.emit("payment_intent.payment_failed", intent)
    sandbox.followed.append(("payment_intent", intent["id"]))


def _pay(sandbox: Sandbox, intent: Object, method: Object, card: Card) -> Object:
    if card.decline is not None:
        raise intent_decline(sandbox, intent, method, card.decline)
    charge = charge_create(sandbox, intent, method)
    if intent["capture_method"] == "manual":
        held = {"status": "requires_capture", "amount_capturable": intent["amount"], "latest_charge": charge["id"]}
        sandbox.update(intent, held)
        sandbox.emit("charge.succeeded", charge)
        sandbox.emit("payment_intent.amount_capturable_updated", intent)
        return intent
    _succeed(sandbox, intent, charge)
    if card.then.startswith("dispute_"):
        dispute_open(sandbox, charge, card.then.removeprefix("dispute_"))
    return intent


def _succeed(sandbox: Sandbox, intent: Object, charge: Object) -> None:
    charge_take(sandbox, charge, intent["amount"])
    paid = {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    sandbox.update(intent, {**paid, "last_payment_error": None, "next_action": None, "processing": None})
    sandbox.emit("charge.succeeded", charge)
    _save_method(sandbox, intent)
    sandbox.emit("payment_intent.succeeded", intent)
    sandbox.followed.append(("payment_intent", intent["id"]))


def _save_method(sandbox: Sandbox, intent: Object) -> None:
    """Keep the card for later payments, when the intent says so."""
    customer = sandbox.find("customer", intent["customer"] or "")
    if customer is not None and intent["setup_future_usage"] is not None:
        method = method_attach_to(sandbox, intent["payment_method"], customer)
        if intent["setup_future_usage"] == "off_session":
            sandbox.update(method, {"_set_up": True})


def _debit(sandbox: Sandbox, intent: Object, method: Object) -> Object:
    charge = charge_create(sandbox, intent, method)
    pending = {"status": "pending", "paid": False, "captured": True}
    sandbox.update(charge, pending)
    sandbox.update(intent, {"status": "processing", "latest_charge": charge["id"]})
    sandbox.emit("charge.pending", charge)
    sandbox.emit("payment_intent.processing", intent)
    later(sandbox, "debit_settle", intent["id"], DEBIT_SECONDS)
    sandbox.followed.append(("payment_intent", intent["id"]))
    return intent


def _ask(sandbox: Sandbox, intent: Object, return_url: str | None) -> Object:
    url = f"{sandbox.base_url}/authenticate/{intent['client_secret']}"
    redirect: dict[str, Any] = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    asked = redirect if return_url else {"type": "use_stripe_sdk", "use_stripe_sdk": {"stripe_js": url}}
    sandbox.update(intent, {"status": "requires_action", "next_action": asked, "_return_url": return_url})
    sandbox.emit("payment_intent.requires_action", intent)
    return intent


def _error(decline: Decline, charge_id: str, method: Object) -> Object:
    error: Object = {"type": "card_error", "code": decline.code, "message": decline.message, "charge": charge_id}
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    return {**error, "payment_method": shown(method)}
