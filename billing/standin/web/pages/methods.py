"""The cards one can choose on a page, and the payment method that a choice makes."""

from typing import Final

from billing.standin.objects.paymentmethods import BOUNCING_ACCOUNT, method_create, method_named
from billing.standin.sandbox import Object, Sandbox, invalid

CARDS: Final = (
    ("pm_card_visa", "Visa •••• 4242: the payment succeeds"),
    ("pm_card_mastercard", "Mastercard •••• 4444: the payment succeeds"),
    ("pm_card_authenticationRequired", "Visa •••• 3184: the bank asks for authentication, every time"),
    ("pm_card_authenticationRequiredOnSetup", "Visa •••• 3155: the bank asks for authentication once, when saved"),
    ("pm_card_chargeCustomerFail", "Visa •••• 0341: can be saved, and every payment is declined"),
    ("pm_card_chargeDeclined", "Visa •••• 0002: declined"),
    ("pm_card_chargeDeclinedInsufficientFunds", "Visa •••• 9995: declined, insufficient funds"),
    ("pm_card_chargeDeclinedExpiredCard", "Visa •••• 0069: declined, expired"),
    ("pm_card_createDispute", "Visa •••• 0259: the payment succeeds and is disputed"),
    ("pm_card_refundFail", "Visa •••• 5126: the payment succeeds, and a refund of it fails later"),
)
DEBITS: Final = (
    ("debit", "Bank account •••• 6789: the money comes in a minute"),
    ("debit_returned", "Bank account •••• 1116: the debit is returned in a minute"),
)


def saved_cards(sandbox: Sandbox, customer_id: str | None) -> list[tuple[str, str]]:
    """What the customer has saved, the newest first."""
    saved = (each for each in sandbox.every("payment_method") if customer_id and each["customer"] == customer_id)
    return [(each["id"], f"Saved: {method_words(each)}") for each in saved]


def method_words(method: Object) -> str:
    details = method[method["type"]]
    return f"{str(details.get('brand', 'Bank account')).capitalize()} •••• {details['last4']}"


def method_chosen(sandbox: Sandbox, choice: str, details: Object, customer_id: str | None = None) -> Object:
    """The method a choice means. Refuses what was not offered, and what somebody else has saved."""
    billing = {"billing_details": {name: value for name, value in details.items() if value}}
    if choice in dict(DEBITS):
        number = BOUNCING_ACCOUNT if choice == "debit_returned" else "000123456789"
        return method_create(
            sandbox, {"type": "us_bank_account", "us_bank_account": {"account_number": number}, **billing}
        )
    if choice in dict(CARDS):
        return method_create(
            sandbox, {"type": "card", "card": {"token": choice.replace("pm_card_", "tok_")}, **billing}
        )
    method = method_named(sandbox, choice, "method")
    if customer_id is None or method["customer"] != customer_id:
        raise invalid("Choose one of the cards.", param="method")
    return method
