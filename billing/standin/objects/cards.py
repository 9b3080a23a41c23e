"""Test cards: what each of Stripe's tokens and numbers does when it is attached, charged, refunded."""

from typing import Final, NamedTuple

DECLINED: Final = "Your card was declined."


class Decline(NamedTuple):
    code: str
    decline_code: str | None
    message: str


class Card(NamedTuple):
    """A card's behaviour. `authenticates` is when its bank wants to see the holder: never, always, unless_set_up.

    `is_set_up`: as if it had been authenticated for later payments before. `attaches`: it can be saved although it
    declines. `then` is what happens after a successful payment.
    """

    number: str
    brand: str = "visa"
    decline: Decline | None = None
    attaches: bool = False
    authenticates: str = "never"
    is_set_up: bool = False
    then: str = ""

    @property
    def last4(self) -> str:
        return self.number[-4:]


def _declining(number: str, decline_code: str, message: str = DECLINED, code: str = "card_declined") -> Card:
    return Card(number, decline=Decline(code, decline_code, message))


GENERIC: Final = Decline("card_declined", "generic_decline", DECLINED)
CARDS: Final[dict[str, Card]] = {
    "visa": Card("4242424242424242"),
    "visa_debit": Card("4000056655665556"),
    "mastercard": Card("5555555555554444", "mastercard"),
    "amex": Card("378282246310005", "amex"),
    "discover": Card("6011111111111117", "discover"),
    "us": Card("4242424242424242"),
    "bypassPending": Card("4000000000000077"),
    "chargeDeclined": Card("4000000000000002", decline=GENERIC),
    "visa_chargeDeclined": Card("4000000000000002", decline=GENERIC),
    "chargeDeclinedInsufficientFunds": _declining(
        "4000000000009995", "insufficient_funds", "Your card has insufficient funds."
    ),
    "chargeDeclinedLostCard": _declining("4000000000009987", "lost_card"),
    "chargeDeclinedStolenCard": _declining("4000000000009979", "stolen_card"),
    "chargeDeclinedFraudulent": _declining("4100000000000019", "fraudulent"),
    "chargeDeclinedVelocityLimitExceeded": _declining("4000000000006975", "card_velocity_exceeded"),
    "chargeDeclinedExpiredCard": Card(
        "4000000000000069", decline=Decline("expired_card", None, "Your card has expired.")
    ),
    "chargeDeclinedIncorrectCvc": Card(
        "4000000000000127", decline=Decline("incorrect_cvc", None, "Your card's security code is incorrect.")
    ),
    "chargeDeclinedProcessingError": Card(
        "4000000000000119",
        decline=Decline("processing_error", None, "An error occurred while processing your card. Try again later."),
    ),
    "chargeCustomerFail": Card("4000000000000341", decline=GENERIC, attaches=True),
    "authenticationRequired": Card("4000002760003184", authenticates="always"),
    "threeDSecure2Required": Card("4000000000003220", authenticates="always"),
    "threeDSecureRequired": Card("4000000000003063", authenticates="always"),
    "authenticationRequiredOnSetup": Card("4000002500003155", authenticates="unless_set_up"),
    "authenticationRequiredSetupForOffSession": Card("4000003800000446", authenticates="unless_set_up", is_set_up=True),
    "authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "4000008260003178",
        authenticates="always",
        decline=Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
        attaches=True,
    ),
    "createDispute": Card("4000000000000259", then="dispute_fraudulent"),
    "createDisputeProductNotReceived": Card("4000000000002685", then="dispute_product_not_received"),
    "createDisputeInquiry": Card("4000000000001976", then="dispute_inquiry"),
    "refundFail": Card("4000000000005126", then="refund_fails"),
}
NAME_BY_NUMBER: Final = {card.number: name for name, card in reversed(CARDS.items())}


def card_name(token: str) -> str | None:
    """The card that `pm_card_visa` or `tok_visa` stands for; Stripe writes declines with and without the brand."""
    for prefix in ("pm_card_", "tok_"):
        if token.startswith(prefix):
            name = token.removeprefix(prefix)
            return next((known for known in (name, name.removeprefix("visa_")) if known in CARDS), None)
    return None


def must_authenticate(card: Card, *, is_set_up: bool, off_session: bool) -> bool:
    """Whether the bank wants the holder. A card that was set up for it pays alone, but not in front of its holder."""
    if card.authenticates == "unless_set_up":
        return not (is_set_up and off_session) if card.is_set_up else not is_set_up
    return card.authenticates == "always"
