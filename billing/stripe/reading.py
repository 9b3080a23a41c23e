"""Reads a top-up at Stripe, with its payment, refunds and disputes. Nothing is believed that was not read here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from billing.ledger import payments as rules
from billing.ledger.payments import Reading
from billing.models import TopUp

if TYPE_CHECKING:
    import stripe

PAGE: Final = 100
_DISPUTES_CLOSED: Final = frozenset({"won", "lost", "warning_closed", "prevented"})
_REFUNDS_UNDONE: Final = frozenset({"failed", "canceled"})
_WITH_SESSION: Final = ["payment_intent.latest_charge", "invoice"]

Object = Mapping[str, Any]


def top_up_read(client: "stripe.StripeClient", top_up: TopUp) -> Reading:
    """What Stripe says now. Raises StripeError; the top-up has a session or an intent."""
    if top_up.session_id is not None:
        session = client.v1.checkout.sessions.retrieve(top_up.session_id, {"expand": _WITH_SESSION}).to_dict()
        intent, invoice = session.get("payment_intent") or {}, session.get("invoice") or {}
        status, detail = _session_status(session, intent)
        subtotal, total = session.get("amount_subtotal"), session.get("amount_total")
        tax = (session.get("total_details") or {}).get("amount_tax")
    else:
        session, invoice = {}, {}
        intent = client.v1.payment_intents.retrieve(str(top_up.intent_id), {"expand": ["latest_charge"]}).to_dict()
        status, detail = _intent_status(intent)
        subtotal, total, tax = intent.get("amount"), intent.get("amount"), 0
    charge = intent.get("latest_charge") or {}
    refunds, disputes = _refunds(client, charge), _disputes(client, charge)
    return Reading(
        status=status,
        detail=detail,
        currencies=_currencies(session, intent, invoice, charge, *refunds, *disputes),
        subtotal=int(subtotal or 0),
        tax=int(tax or 0),
        total=int(total or 0),
        received=int(intent.get("amount_received") or 0),
        refunded=sum(int(each["amount"]) for each in refunds if each["status"] not in _REFUNDS_UNDONE),
        disputed=-sum(int(moved["amount"]) for each in disputes for moved in each["balance_transactions"]),
        has_open_dispute=any(each["status"] not in _DISPUTES_CLOSED for each in disputes),
        intent_id=intent.get("id"),
        invoice_id=invoice.get("id"),
        charge_id=charge.get("id") or "",
        card=_card(charge),
        receipt_url=charge.get("receipt_url") or "",
        invoice_url=invoice.get("hosted_invoice_url") or "",
    )


def _session_status(session: Object, intent: Object) -> tuple[str, str]:
    """A completed session may still be unpaid, as with a bank's debit."""
    if session["payment_status"] == "paid":
        return rules.PAID, ""
    if session["status"] == "expired":
        return rules.FAILED, "expired"
    if session["status"] == "complete":
        return (rules.PENDING, "") if intent.get("status") == "processing" else _intent_status(intent)
    return rules.OPEN, ""


def _intent_status(intent: Object) -> tuple[str, str]:
    match intent.get("status"):
        case "succeeded":
            return rules.PAID, ""
        case "processing":
            return rules.PENDING, ""
        case "canceled":
            return rules.FAILED, "canceled"
        case "requires_payment_method":
            error = intent.get("last_payment_error") or {}
            return rules.FAILED, str(error.get("decline_code") or error.get("code") or "declined")
        case "requires_action":
            return rules.FAILED, "authentication_required"
        case _:
            return rules.OPEN, ""


def _refunds(client: "stripe.StripeClient", charge: Object) -> list[Object]:
    if not charge.get("amount_refunded"):
        return []
    listed = client.v1.refunds.list({"charge": charge["id"], "limit": PAGE})
    return [each.to_dict() for each in listed.auto_paging_iter()]


def _disputes(client: "stripe.StripeClient", charge: Object) -> list[Object]:
    if not charge.get("disputed"):
        return []
    listed = client.v1.disputes.list({"charge": charge["id"], "limit": PAGE})
    return [each.to_dict() for each in listed.auto_paging_iter()]


def _currencies(*objects: Object) -> frozenset[str]:
    return frozenset(str(each["currency"]) for each in objects if each.get("currency"))


def _card(charge: Object) -> str:
    """Such as `visa 4242`; other ways to pay by their name."""
    details = charge.get("payment_method_details") or {}
    card = details.get("card") or {}
    return f"{card.get('brand', '')} {card.get('last4', '')}".strip() or str(details.get("type") or "")
