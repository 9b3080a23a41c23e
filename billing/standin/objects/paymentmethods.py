"""Payment methods: test cards, bank debits, and to whom they are attached."""

from typing import Any, Final

from billing.standin.objects.cards import CARDS, NAME_BY_NUMBER, Card, Decline, card_name
from billing.standin.objects.changes import address_of, merged_metadata, settled
from billing.standin.objects.times import years_from
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, card_declined, invalid, no_such

# Debits arrive days later; this account number is one that bounces.
BOUNCING_ACCOUNT: Final = "000111111116"
BOUNCING_IBAN: Final = "AT861904300235473202"


def method_create(sandbox: Sandbox, given: Object) -> Object:
    kind = given.get("type", "card")
    if kind == "card":
        method = _card(sandbox, _card_given(given.get("card") or {}), given)
    elif kind == "us_bank_account":
        account = given.get("us_bank_account") or {}
        bounces = account.get("account_number") == BOUNCING_ACCOUNT
        method = _bank(sandbox, kind, _us_account(account), given, bounces=bounces)
    elif kind == "sepa_debit":
        iban = (given.get("sepa_debit") or {}).get("iban", "")
        method = _bank(sandbox, kind, _sepa_account(iban), given, bounces=iban == BOUNCING_IBAN)
    else:
        raise invalid(f"This sandbox has no payment methods of the type {kind}.", param="type")
    return sandbox.add(method)


def method_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    method = sandbox.get("payment_method", id_)
    changes = settled(given, method, ("allow_redisplay",))
    if details := given.get("billing_details"):
        changes["billing_details"] = {**method["billing_details"], **details}
    return sandbox.update(method, changes, "payment_method.updated")


def method_attach(sandbox: Sandbox, given: Object, id_: str) -> Object:
    customer = sandbox.get("customer", given.get("customer", ""), "customer")
    return method_attach_to(sandbox, id_, customer)


def method_attach_to(sandbox: Sandbox, id_: str, customer: Object) -> Object:
    """Attach; a test token makes a new card. A card that declines is refused here, unless it declines only later."""
    method = method_named(sandbox, id_, "payment_method")
    if method["customer"] not in (None, customer["id"]):
        raise invalid("The payment method you provided has already been attached to a customer.")
    card = behaviour(method)
    if card.decline is not None and not card.attaches:
        raise declined(card.decline)
    if method["customer"] is None:
        sandbox.update(method, {"customer": customer["id"]})
        sandbox.emit("payment_method.attached", method)
    return method


def method_detach(sandbox: Sandbox, given: Object, id_: str) -> Object:
    method = sandbox.get("payment_method", id_)
    customer = sandbox.find("customer", method["customer"] or "")
    if customer is None or customer.get("deleted"):
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    sandbox.update(method, {"customer": None})
    if customer["invoice_settings"]["default_payment_method"] == id_:
        sandbox.update(customer, {"invoice_settings": {**customer["invoice_settings"], "default_payment_method": None}})
    sandbox.emit("payment_method.detached", method, {"customer": customer["id"]})
    return method


def method_named(sandbox: Sandbox, id_: str, param: str) -> Object:
    """The method with this id; Stripe's tokens (`pm_card_visa`) make a new one each time."""
    if name := card_name(id_):
        return sandbox.add(_card(sandbox, name, {}))
    return sandbox.get("payment_method", id_, param)


def method_owned(sandbox: Sandbox, id_: str, customer: Object, param: str) -> Object:
    """A method attached to this customer; a token means the newest card of its kind that is."""
    name = card_name(id_)
    for method in sandbox.every("payment_method"):
        if method["customer"] == customer["id"] and (method["id"] == id_ or (name and method["_behaviour"] == name)):
            return method
    raise no_such("payment_method", id_, param)


def behaviour(method: Object) -> Card:
    return CARDS.get(method["_behaviour"], CARDS["visa"])


def declined(decline: Decline, **fields: Any) -> StripeRefusal:
    return card_declined(decline.code, decline.decline_code, decline.message, **fields)


def _card_given(card: Object) -> str:
    if token := card.get("token"):
        if (named := card_name(token)) is None:
            raise no_such("token", token, "card[token]")
        return named
    number = card.get("number", "").replace(" ", "")
    if not number:
        raise invalid("Missing required param: card[number].", param="card[number]", code="parameter_missing")
    if number not in NAME_BY_NUMBER:
        raise card_declined("incorrect_number", None, "Your card number is incorrect.", param="number")
    return NAME_BY_NUMBER[number]


def _card(sandbox: Sandbox, name: str, given: Object) -> Object:
    card = CARDS[name]
    shown = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": years_from(sandbox.now, 3),
        "fingerprint": f"test{card.number[-12:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _method(sandbox, "card", shown, given) | {"_behaviour": name, "_set_up": card.is_set_up}


def _bank(sandbox: Sandbox, kind: str, shown: Object, given: Object, *, bounces: bool) -> Object:
    return _method(sandbox, kind, shown, given) | {"_behaviour": "", "_set_up": True, "_bounces": bounces}


def _us_account(given: Object) -> Object:
    return {
        "account_holder_type": given.get("account_holder_type", "individual"),
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": "testbank",
        "last4": str(given.get("account_number", "000123456789"))[-4:],
        "networks": None,
        "routing_number": given.get("routing_number", "110000000"),
        "status_details": None,
    }


def _sepa_account(iban: str) -> Object:
    return {
        "bank_code": iban[4:9],
        "branch_code": "",
        "country": iban[:2],
        "fingerprint": "testsepa",
        "generated_from": None,
        "last4": iban[-4:],
    }


def _method(sandbox: Sandbox, kind: str, shown: Object, given: Object) -> Object:
    details = given.get("billing_details") or {}
    return {
        "id": sandbox.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": given.get("allow_redisplay", "unspecified"),
        "billing_details": {
            "address": address_of(details.get("address") or {"country": None}),
            "email": details.get("email"),
            "name": details.get("name"),
            "phone": details.get("phone"),
            "tax_id": None,
        },
        kind: shown,
        "created": sandbox.now,
        "customer": None,
        "livemode": False,
        "metadata": merged_metadata({}, given.get("metadata")),
        "type": kind,
    }
