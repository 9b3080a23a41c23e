"""Reads a customer at Stripe: who invoices are made out to, the card, the subscriptions to plans."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from billing.ledger.subscriptions import CustomerReading, Subscribed
from billing.plans import PLANS

if TYPE_CHECKING:
    import stripe

SUBSCRIPTIONS: Final = 20
_SHOWN: Final = ["invoice_settings.default_payment_method", "tax_ids"]

Object = Mapping[str, Any]


def customer_read(client: "stripe.StripeClient", customer_id: str) -> CustomerReading:
    """What Stripe says now, in two or three requests. Raises StripeError; of a deleted customer nothing is known."""
    customer = client.v1.customers.retrieve(customer_id, {"expand": _SHOWN}).to_dict()
    if customer.get("deleted"):
        return CustomerReading()
    asked: Any = {"customer": customer_id, "status": "all", "limit": SUBSCRIPTIONS, "expand": ["data.latest_invoice"]}
    listed = client.v1.subscriptions.list(asked).to_dict()["data"]
    method = (customer.get("invoice_settings") or {}).get("default_payment_method") or _newest(client, customer_id)
    tax_ids = (customer.get("tax_ids") or {}).get("data") or [{}]
    return CustomerReading(
        name=customer.get("name") or "",
        email=customer.get("email") or "",
        country=(customer.get("address") or {}).get("country") or "",
        tax_id=str(tax_ids[0].get("value") or ""),
        card=_words(method),
        card_id=str(method.get("id") or ""),
        subscriptions=tuple(found for found in map(_subscribed, listed) if found is not None),
    )


def _newest(client: "stripe.StripeClient", customer_id: str) -> Object:
    saved = client.v1.customers.payment_methods.list(customer_id, {"type": "card", "limit": 1}).to_dict()["data"]
    return saved[0] if saved else {}


def _words(method: Object) -> str:
    card = method.get("card") or {}
    return f"{card.get('brand', '')} {card.get('last4', '')}".strip() or str(method.get("type") or "")


def _subscribed(subscription: Object) -> Subscribed | None:
    """None for a subscription to something else than a plan of ours."""
    items = subscription["items"]["data"]
    plan = str((items[0]["price"].get("metadata") or {}).get("plan", "")) if items else ""
    if plan not in PLANS:
        return None
    item, invoice = items[0], subscription.get("latest_invoice") or {}
    return Subscribed(
        id=subscription["id"],
        status=subscription["status"],
        plan=plan,
        item_id=item["id"],
        cents=int(item["price"]["unit_amount"] or 0),
        seats=int(item.get("quantity") or 1),
        created=int(subscription["created"]),
        # Newer versions of Stripe's API have a period for each item, and none for the subscription.
        begins_at=_moment(item["current_period_start"]),
        renews_at=_moment(item["current_period_end"]),
        ends_at=_ends_at(subscription, item),
        is_paid=invoice.get("status") == "paid",
        is_paused=bool(subscription.get("pause_collection")),
    )


def _ends_at(subscription: Object, item: Object) -> datetime | None:
    at = subscription.get("ended_at") or subscription.get("cancel_at")
    if at is None and subscription.get("cancel_at_period_end"):
        at = item["current_period_end"]
    return None if at is None else _moment(at)


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
