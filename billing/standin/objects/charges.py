"""Charges, the balance transactions they make, and receipts."""

from typing import Final

from billing.standin.objects.blanks import blank
from billing.standin.objects.cards import Decline
from billing.standin.objects.changes import settled
from billing.standin.objects.times import date_text
from billing.standin.sandbox import Object, Sandbox

AVAILABLE_AFTER_SECONDS: Final = 2 * 86_400
CATEGORY: Final = {"charge": "charge", "payment": "charge", "refund": "refund", "adjustment": "dispute"}
SETTABLE: Final = ("description", "receipt_email", "shipping", "transfer_group", "fraud_details")


def charge_create(sandbox: Sandbox, intent: Object, method: Object, *, failure: Decline | None = None) -> Object:
    """Charge an intent's amount. With `failure` the charge is kept as failed; it moves no money."""
    id_ = sandbox.new_id("ch" if method["type"] == "card" else "py")
    captured = failure is None and intent["capture_method"] != "manual"
    charge: Object = {
        **blank("charge"),
        "id": id_,
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0,
        "billing_details": method["billing_details"],
        "captured": captured,
        "created": sandbox.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
        "metadata": dict(intent["metadata"]),
        "outcome": _outcome(failure),
        "paid": failure is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": method["type"], method["type"]: _details(method)},
        "receipt_email": intent["receipt_email"],
        "receipt_url": None if failure else f"{sandbox.base_url}/receipts/{id_}",
        "shipping": intent["shipping"],
        "statement_descriptor": intent["statement_descriptor"],
        "status": "failed" if failure else "succeeded",
        "_behaviour": method["_behaviour"],
    }
    return sandbox.add(charge)


def charge_take(sandbox: Sandbox, charge: Object, amount: int) -> None:
    """Capture so much of a charge: from here on the money has come in."""
    kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
    fee = (amount * 29 + 500) // 1000 + 30 if kind == "charge" else min(500, (amount * 8 + 500) // 1000)
    transaction = transaction_create(sandbox, kind, amount, charge["currency"], charge["id"], fee=fee)
    sandbox.update(
        charge,
        {
            "amount_captured": amount,
            "captured": True,
            "balance_transaction": transaction["id"],
            "amount_refunded": charge["amount"] - amount,
            "status": "succeeded",
            "paid": True,
        },
    )


def charge_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    charge = sandbox.get("charge", id_)
    return sandbox.update(charge, settled(given, charge, SETTABLE), "charge.updated")


def transaction_create(sandbox: Sandbox, kind: str, amount: int, currency: str, source: str, *, fee: int = 0) -> Object:
    """A movement on the balance; `amount` is negative for what goes out."""
    described = {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
    transaction: Object = {
        "id": sandbox.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": sandbox.now + AVAILABLE_AFTER_SECONDS,
        "balance_type": "payments",
        "created": sandbox.now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**described, "description": "Stripe processing fees"}] if fee else [],
        "net": amount - fee,
        "reporting_category": CATEGORY[kind],
        "source": source,
        "status": "pending",
        "type": kind,
    }
    return sandbox.add(transaction)


def receipt_lines(charge: Object) -> list[tuple[str, str]]:
    """What a receipt says of a charge, as names and values."""
    details = charge["payment_method_details"]
    last4 = details[details["type"]].get("last4", "")
    return [
        ("Amount", money_text(charge["amount"], charge["currency"])),
        ("Paid on", date_text(charge["created"])),
        ("Paid with", f"{details['type']} •••• {last4}"),
        ("Refunded", money_text(charge["amount_refunded"], charge["currency"])),
        ("Description", charge["description"] or "-"),
    ]


def money_text(amount: int, currency: str) -> str:
    sign, whole = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}${whole // 100:,}.{whole % 100:02}" if currency == "usd" else f"{sign}{whole} {currency}"


def _details(method: Object) -> Object:
    details = dict(method[method["type"]])
    for name in ("display_brand", "generated_from", "networks", "three_d_secure_usage", "status_details"):
        details.pop(name, None)
    return details


def _outcome(failure: Decline | None) -> Object:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if failure else "approved_by_network",
        "reason": (failure.decline_code or failure.code) if failure else None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank did not approve the payment." if failure else "Payment complete.",
        "type": "issuer_declined" if failure else "authorized",
    }
