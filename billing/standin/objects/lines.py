"""Lines of an invoice, and the items that wait for one."""

from typing import Any

from billing.standin.objects.blanks import blank
from billing.standin.objects.changes import deletion, merged_metadata, settled
from billing.standin.objects.times import time_of
from billing.standin.sandbox import Object, Sandbox, invalid


def item_create(sandbox: Sandbox, given: Object) -> Object:
    """An item for the customer's next invoice, or for the draft that `invoice` names."""
    customer = sandbox.get("customer", given.get("customer", ""), "customer")
    priced = (given.get("pricing") or {}).get("price")
    price = sandbox.get("price", priced, "pricing[price]") if priced else None
    quantity = given.get("quantity", 1)
    if given.get("invoice"):
        draft = sandbox.get("invoice", given["invoice"], "invoice")
        if draft["status"] != "draft":
            raise invalid("This invoice is no longer editable.", param="invoice", code="invoice_not_editable")
    amount = given.get("amount", given.get("unit_amount_decimal"))
    if amount is None and price is None:
        raise invalid("One of amount, unit_amount_decimal or pricing is needed.", param="amount")
    total = int(amount) if price is None and amount is not None else price["unit_amount"] * quantity  # type: ignore[index]
    now = time_of(sandbox, customer["id"])
    return item_new(
        sandbox,
        customer["id"],
        total,
        given.get("description"),
        given.get("period") or {"start": now, "end": now},
        price=price,
        quantity=quantity,
        metadata=merged_metadata({}, given.get("metadata")),
        invoice=given.get("invoice"),
    )


def item_new(
    sandbox: Sandbox,
    customer_id: str,
    amount: int,
    description: str | None,
    period: Object,
    *,
    price: Object | None = None,
    quantity: int = 1,
    subscription: Object | None = None,
    subscription_item: str | None = None,
    **fields: Any,
) -> Object:
    """Keep an item. With a subscription it is a proration, which only that subscription's next invoice takes."""
    parent = None
    if subscription is not None:
        details = {"subscription": subscription["id"], "subscription_item": subscription_item}
        parent = {"type": "subscription_details", "subscription_details": details}
    item: Object = {
        **blank("invoiceitem"),
        "id": sandbox.new_id("ii"),
        "amount": amount,
        "currency": "usd" if price is None else price["currency"],
        "customer": customer_id,
        "date": time_of(sandbox, customer_id),
        "description": description,
        "discountable": subscription is None,
        "net_amount": amount,
        "parent": parent,
        "period": period,
        "pricing": pricing_of(price, amount, quantity),
        "proration": subscription is not None,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        **fields,
    }
    sandbox.add(item)
    sandbox.emit("invoiceitem.created", item)
    return item


def item_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    item = _pending(sandbox, id_)
    return sandbox.update(item, settled(given, item, ("amount", "description", "discountable")))


def item_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    return deletion(sandbox, _pending(sandbox, id_), "invoiceitem.deleted")


def pending_items(sandbox: Sandbox, customer_id: str, subscription_id: str | None) -> list[Object]:
    """What waits for the customer's next invoice, oldest first; with a subscription, its prorations."""
    waiting = [item for item in sandbox.every("invoiceitem") if item["customer"] == customer_id and not item["invoice"]]
    return [item for item in reversed(waiting) if _subscription_of(item) == subscription_id]


def line_of_item(sandbox: Sandbox, item: Object, invoice_id: str) -> Object:
    """The line that an item becomes."""
    sandbox.update(item, {"invoice": invoice_id})
    line = line_new(sandbox, invoice_id, item["amount"], item["description"], item["period"], item["quantity"])
    subscription = _subscription_of(item)
    details: Object = {
        "invoice_item": item["id"],
        "proration": item["proration"],
        "proration_details": {"credited_items": None},
        "subscription": subscription,
    }
    if subscription is None:
        parent = {"type": "invoice_item_details", "invoice_item_details": details, "subscription_item_details": None}
    else:
        details["subscription_item"] = item["parent"]["subscription_details"]["subscription_item"]
        parent = {
            "type": "subscription_item_details",
            "subscription_item_details": details,
            "invoice_item_details": None,
        }
    kept = {"currency": item["currency"], "discountable": item["discountable"], "metadata": item["metadata"]}
    return line | kept | {"parent": parent, "pricing": item["pricing"], "subscription": subscription}


def line_of_subscription(
    sandbox: Sandbox, subscription: Object, item: Object, invoice_id: str, *, free: bool
) -> Object:
    """The line of a subscription's item for its present period."""
    price = item["price"]
    amount = 0 if free else price["unit_amount"] * item["quantity"]
    period = {"start": item["current_period_start"], "end": item["current_period_end"]}
    product = sandbox.find("product", price["product"]) or {}
    name = product.get("name", price["product"])
    line = line_new(sandbox, invoice_id, amount, f"{item['quantity']} × {name}", period, item["quantity"])
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    parent = {"type": "subscription_item_details", "subscription_item_details": details, "invoice_item_details": None}
    kept = {"currency": price["currency"], "metadata": dict(subscription["metadata"])}
    return line | kept | {"parent": parent, "pricing": pricing_of(price, 0, 1), "subscription": subscription["id"]}


def line_new(
    sandbox: Sandbox, invoice_id: str, amount: int, description: str | None, period: Object, quantity: int
) -> Object:
    return {
        "id": sandbox.new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": "usd",
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "parent": None,
        "period": period,
        "pretax_credit_amounts": [],
        "pricing": None,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": None,
        "subtotal": amount,
        "taxes": [],
    }


def pricing_of(price: Object | None, amount: int, quantity: int) -> Object:
    if price is None:
        unit = str(amount // quantity if quantity else amount)
        return {"type": "price_details", "price_details": None, "unit_amount_decimal": unit}
    details = {"price": price["id"], "product": price["product"]}
    return {"type": "price_details", "price_details": details, "unit_amount_decimal": price["unit_amount_decimal"]}


def _subscription_of(item: Object) -> str | None:
    parent = item["parent"]
    return parent["subscription_details"]["subscription"] if parent else None


def _pending(sandbox: Sandbox, id_: str) -> Object:
    item = sandbox.get("invoiceitem", id_)
    draft = sandbox.find("invoice", item.get("invoice") or "")
    if draft is not None and draft["status"] != "draft":
        raise invalid("This invoice item is on an invoice that is no longer editable.", code="invoice_not_editable")
    return item
