"""Setup intents: a card is saved, and authenticated, for payments without its holder."""

from typing import Final

from billing.standin.objects.cards import Decline
from billing.standin.objects.changes import merged_metadata
from billing.standin.objects.paymentmethods import behaviour, declined, method_attach_to, method_named
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, invalid, shown

FAILED: Final = Decline(
    "setup_intent_authentication_failure", None, "We are unable to authenticate your payment method."
)


def setup_create(sandbox: Sandbox, given: Object) -> Object:
    if customer := given.get("customer"):
        sandbox.get("customer", customer, "customer")
    id_ = sandbox.new_id("seti")
    setup: Object = {
        "id": id_,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": given.get("automatic_payment_methods"),
        "cancellation_reason": None,
        "client_secret": sandbox.new_id(f"{id_}_secret"),
        "created": sandbox.now,
        "customer": given.get("customer") or None,
        "description": given.get("description"),
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": merged_metadata({}, given.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": given.get("payment_method_types") or ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": given.get("usage", "off_session"),
        "_session": given.get("_session"),
    }
    sandbox.add(setup)
    sandbox.emit("setup_intent.created", setup)
    _take_method(sandbox, setup, given)
    return _confirm(sandbox, setup, given) if given.get("confirm") else setup


def setup_confirm(sandbox: Sandbox, given: Object, id_: str) -> Object:
    setup = _open_setup(sandbox, id_)
    _take_method(sandbox, setup, given)
    return _confirm(sandbox, setup, given)


def setup_cancel(sandbox: Sandbox, given: Object, id_: str) -> Object:
    setup = _open_setup(sandbox, id_)
    sandbox.update(setup, {"status": "canceled", "cancellation_reason": given.get("cancellation_reason")})
    sandbox.emit("setup_intent.canceled", setup)
    return setup


def setup_authenticate(sandbox: Sandbox, setup: Object, *, succeeds: bool) -> Object:
    """The holder has answered their bank. Raises StripeRefusal when the setup fails."""
    if setup["status"] != "requires_action":
        return setup
    method = sandbox.get("payment_method", setup["payment_method"])
    sandbox.update(setup, {"next_action": None})
    if not succeeds:
        raise _fail(sandbox, setup, method, FAILED)
    return _succeed(sandbox, setup, method)


def _confirm(sandbox: Sandbox, setup: Object, given: Object) -> Object:
    if setup["payment_method"] is None:
        raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.")
    method = sandbox.get("payment_method", setup["payment_method"])
    card = behaviour(method)
    if card.decline is not None and not card.attaches:
        raise _fail(sandbox, setup, method, card.decline)
    if card.authenticates != "never" and not method["_set_up"]:
        url, back = f"{sandbox.base_url}/authenticate/{setup['client_secret']}", given.get("return_url")
        asked = {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": url}}
        sandbox.update(setup, {"status": "requires_action", "next_action": asked, "_return_url": back})
        sandbox.emit("setup_intent.requires_action", setup)
        return setup
    return _succeed(sandbox, setup, method)


def _succeed(sandbox: Sandbox, setup: Object, method: Object) -> Object:
    sandbox.update(method, {"_set_up": True})
    if customer := sandbox.find("customer", setup["customer"] or ""):
        method_attach_to(sandbox, method["id"], customer)
    sandbox.update(setup, {"status": "succeeded", "last_setup_error": None})
    sandbox.emit("setup_intent.succeeded", setup)
    sandbox.followed.append(("setup_intent", setup["id"]))
    return setup


def _fail(sandbox: Sandbox, setup: Object, method: Object, decline: Decline) -> StripeRefusal:
    error = {"type": "card_error", "code": decline.code, "message": decline.message, "payment_method": shown(method)}
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    sandbox.update(setup, {"status": "requires_payment_method", "payment_method": None, "last_setup_error": error})
    sandbox.emit("setup_intent.setup_failed", setup)
    refusal = declined(decline, setup_intent=setup, payment_method=method)
    refusal.keeps = True
    return refusal


def _take_method(sandbox: Sandbox, setup: Object, given: Object) -> None:
    if given.get("payment_method"):
        method = method_named(sandbox, given["payment_method"], "payment_method")
        sandbox.update(setup, {"payment_method": method["id"], "status": "requires_confirmation"})


def _open_setup(sandbox: Sandbox, id_: str) -> Object:
    setup = sandbox.get("setup_intent", id_)
    if setup["status"] in ("succeeded", "canceled"):
        raise invalid(f"This SetupIntent has a status of {setup['status']}.", code="setup_intent_unexpected_state")
    return setup
