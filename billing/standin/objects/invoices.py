"""Invoices as callers make them, and the form every invoice has; `invoicing` finalizes and pays them."""

from typing import Any, Final

from billing.standin.objects.blanks import blank
from billing.standin.objects.changes import deletion, list_of, merged_metadata, settled
from billing.standin.objects.discounts import discount_redeem, discounts_off
from billing.standin.objects.lines import line_of_item, pending_items
from billing.standin.objects.times import time_of
from billing.standin.sandbox import Object, Sandbox, invalid

SETTABLE: Final = (
    "auto_advance",
    "description",
    "footer",
    "default_payment_method",
    "due_date",
    "statement_descriptor",
)


def invoice_create(sandbox: Sandbox, given: Object) -> Object:
    customer = sandbox.get("customer", given.get("customer", ""), "customer")
    invoice = invoice_new(sandbox, customer, "manual", given)
    if given.get("pending_invoice_items_behavior") == "include":
        items = pending_items(sandbox, customer["id"], None)
        lines_put(sandbox, invoice, [line_of_item(sandbox, item, invoice["id"]) for item in items])
    sandbox.emit("invoice.created", invoice)
    return invoice


def invoice_new(sandbox: Sandbox, customer: Object, reason: str, given: Object) -> Object:
    """A draft without lines."""
    method = given.get("collection_method", "charge_automatically")
    if (method == "send_invoice") != ("days_until_due" in given or "due_date" in given):
        raise invalid("Invoices with collection_method send_invoice, and only they, need days_until_due or due_date.")
    now = time_of(sandbox, customer["id"])
    due = given.get("due_date") or (now + given["days_until_due"] * 86_400 if "days_until_due" in given else None)
    id_ = sandbox.new_id("in")
    discounts = [
        discount_redeem(sandbox, discount, customer["id"], f"discounts[{index}]", invoice=id_)["id"]
        for index, discount in enumerate(given.get("discounts") or [])
    ]
    invoice: Object = {
        **blank("invoice"),
        "id": id_,
        "auto_advance": given.get("auto_advance", False),
        "automatic_tax": automatic_tax(given),
        "billing_reason": reason,
        "collection_method": method,
        "created": now,
        "currency": given.get("currency", "usd"),
        "customer": customer["id"],
        "default_payment_method": given.get("default_payment_method"),
        "description": given.get("description"),
        "discounts": discounts,
        "due_date": due,
        "footer": given.get("footer"),
        "lines": list_of([], f"/v1/invoices/{id_}/lines"),
        "metadata": merged_metadata({}, given.get("metadata")),
        "period_end": now,
        "period_start": now,
        "test_clock": customer["test_clock"],
        **customer_facts(sandbox, customer),
    }
    return sandbox.add(invoice)


def customer_facts(sandbox: Sandbox, customer: Object) -> Object:
    """Who an invoice is made out to; fixed when it is finalized."""
    tax_ids = [tax_id for tax_id in sandbox.every("tax_id") if tax_id["customer"] == customer["id"]]
    return {
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [{"type": tax_id["type"], "value": tax_id["value"]} for tax_id in reversed(tax_ids)],
    }


def automatic_tax(given: Object) -> Object:
    enabled = bool((given.get("automatic_tax") or {}).get("enabled"))
    liability = {"type": "self"} if enabled else None
    status = "complete" if enabled else None
    return {"disabled_reason": None, "enabled": enabled, "liability": liability, "provider": None, "status": status}


def lines_put(sandbox: Sandbox, invoice: Object, lines: list[Object]) -> None:
    """Add lines to a draft, and add it up anew."""
    every = [*invoice["lines"]["data"], *lines]
    sandbox.update(invoice, {"lines": {**invoice["lines"], "data": every}})
    add_up(sandbox, invoice)


def add_up(sandbox: Sandbox, invoice: Object) -> None:
    """Totals: lines, less discounts, plus tax; then what the customer's balance pays of it."""
    lines = invoice["lines"]["data"]
    subtotal = sum(line["amount"] for line in lines)
    discountable = sum(line["amount"] for line in lines if line["discountable"])
    off = discounts_off(sandbox, invoice["discounts"], discountable)
    net = subtotal - sum(each["amount"] for each in off)
    tax = tax_on(sandbox, net, enabled=invoice["automatic_tax"]["enabled"])
    total = net + tax
    customer = sandbox.get("customer", invoice["customer"])
    balance = customer.get("balance", 0)
    # What an intent has paid already is not paid by credit as well.
    usable = 0 if invoice.get("_paid_by") else balance
    due = max(0, total + usable) if total > 0 else 0
    sandbox.update(
        invoice,
        {
            "subtotal": subtotal,
            "subtotal_excluding_tax": subtotal,
            "total": total,
            "total_excluding_tax": net,
            "total_discount_amounts": off,
            "total_taxes": [tax_line(net, tax)] if tax else [],
            "starting_balance": balance,
            "amount_due": due,
            "amount_remaining": due,
            "currency": lines[0]["currency"] if lines else invoice["currency"],
        },
    )


def tax_on(sandbox: Sandbox, amount: int, *, enabled: bool) -> int:
    """Tax on an amount in cents, at the sandbox's rate, rounded half up."""
    return (amount * int(sandbox.settings["tax_percent"]) + 50) // 100 if enabled and amount > 0 else 0


def tax_line(taxable: int, tax: int) -> Object:
    return {
        "amount": tax,
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": "txr_test"},
        "taxability_reason": "standard_rated",
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }


def invoice_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    invoice = sandbox.get("invoice", id_)
    if invoice["status"] != "draft" and set(given) - {"metadata", "description", "auto_advance"}:
        raise invalid("This invoice is no longer editable.", code="invoice_not_editable")
    return sandbox.update(invoice, settled(given, invoice, SETTABLE), "invoice.updated")


def invoice_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    invoice = sandbox.get("invoice", id_)
    if invoice["status"] != "draft" or invoice["parent"]:
        raise invalid("You can only delete draft invoices that belong to no subscription.")
    for item in sandbox.every("invoiceitem"):
        if item["invoice"] == id_:
            sandbox.update(item, {"invoice": None})
    return deletion(sandbox, invoice, "invoice.deleted")


def transition(invoice: Object, name: str, at: int) -> dict[str, Any]:
    return {"status_transitions": {**invoice["status_transitions"], name: at}}
