"""Refunds: never more than was paid, told by one event each with what is refunded in all."""

from typing import Final

from billing.standin.objects.cards import CARDS
from billing.standin.objects.changes import merged_metadata, settled
from billing.standin.objects.charges import money_text, transaction_create
from billing.standin.objects.times import later
from billing.standin.sandbox import Object, Sandbox, invalid

REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")
FAILS_AFTER_SECONDS: Final = 60


def refund_create(sandbox: Sandbox, given: Object) -> Object:
    charge = _charge(sandbox, given)
    amount = _amount(charge, given)
    details = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    refund: Object = {
        "id": sandbox.new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": sandbox.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": {"type": "card", "card": details},
        "metadata": merged_metadata({}, given.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    sandbox.add(refund)
    transaction = transaction_create(sandbox, "refund", -amount, charge["currency"], refund["id"])
    sandbox.update(refund, {"balance_transaction": transaction["id"]})
    refunded = charge["amount_refunded"] + amount
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    sandbox.update(charge, {"amount_refunded": refunded, "refunded": refunded == charge["amount"]})
    sandbox.emit("refund.created", refund)
    sandbox.emit("charge.refunded", charge, before)
    if _card_then(charge) == "refund_fails":
        later(sandbox, "refund_fail", refund["id"], FAILS_AFTER_SECONDS)
    return refund


def refund_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    refund = sandbox.get("refund", id_)
    before = refund["metadata"]
    sandbox.update(refund, settled(given, refund, ()), "refund.updated")
    if refund["metadata"] != before:
        sandbox.emit("charge.refund.updated", refund, {"metadata": before})
    return refund


def refund_fail(sandbox: Sandbox, refund: Object) -> None:
    """The customer's bank sends a refund back: the money is ours again."""
    if refund["status"] != "succeeded":
        return
    charge = sandbox.get("charge", refund["charge"])
    transaction = transaction_create(sandbox, "refund", refund["amount"], refund["currency"], refund["id"])
    failed = {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    sandbox.update(refund, {**failed, "failure_balance_transaction": transaction["id"]})
    sandbox.update(charge, {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False})
    sandbox.emit("refund.failed", refund)
    sandbox.emit("charge.refund.updated", refund, {"status": "succeeded"})


def _charge(sandbox: Sandbox, given: Object) -> Object:
    if given.get("reason") and given["reason"] not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    if given.get("charge"):
        charge = sandbox.get("charge", given["charge"], "charge")
    elif given.get("payment_intent"):
        intent = sandbox.get("payment_intent", given["payment_intent"], "payment_intent")
        if intent["latest_charge"] is None:
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge = sandbox.get("charge", intent["latest_charge"])
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} has not succeeded; it cannot be refunded.", param="charge")
    if any(
        dispute["charge"] == charge["id"] and not dispute["is_charge_refundable"]
        for dispute in sandbox.every("dispute")
    ):
        raise invalid(f"Charge {charge['id']} has been charged back.", param="charge", code="charge_disputed")
    return charge


def _amount(charge: Object, given: Object) -> int:
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = int(given.get("amount", left))
    if amount <= 0:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        currency = charge["currency"]
        raise invalid(
            f"Refund amount ({money_text(amount, currency)}) is greater than unrefunded amount on charge "
            f"({money_text(left, currency)})",
            param="amount",
        )
    return amount


def _card_then(charge: Object) -> str:
    card = CARDS.get(charge["_behaviour"])
    return card.then if card else ""
