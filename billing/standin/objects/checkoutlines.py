"""A checkout session's lines and totals, and the invoice it may leave."""

from billing.standin.objects.discounts import amount_off, coupon_of, discounts_off
from billing.standin.objects.invoices import invoice_new, lines_put, tax_on
from billing.standin.objects.invoicing import invoice_attach_paid
from billing.standin.objects.lines import line_new, pricing_of
from billing.standin.sandbox import Object, Sandbox


def session_add_up(sandbox: Sandbox, session: Object) -> None:
    """Totals of the session, from its lines, discounts and tax; null for one that only saves a card."""
    if session["mode"] == "setup":
        sandbox.update(session, dict.fromkeys(("amount_subtotal", "amount_total", "total_details")))
        return
    subtotal = sum(line["amount"] for line in session["_lines"])
    if session["_discounts"]:
        off = sum(each["amount"] for each in discounts_off(sandbox, session["_discounts"], subtotal))
    else:
        off = sum(amount_off(coupon_of(sandbox, each, "discounts")[0], subtotal) for each in session["discounts"])
    tax = tax_on(sandbox, subtotal - off, enabled=session["automatic_tax"]["enabled"])
    totals = {"amount_subtotal": subtotal, "amount_total": subtotal - off + tax}
    details = {"amount_discount": off, "amount_shipping": 0, "amount_tax": tax}
    sandbox.update(session, {**totals, "total_details": details})


def session_lines(sandbox: Sandbox, session: Object) -> list[Object]:
    """The lines as Stripe shows them."""
    return [
        {
            "id": line["id"],
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": line["amount"],
            "amount_tax": 0,
            "amount_total": line["amount"],
            "currency": line["currency"],
            "description": line["description"],
            "price": sandbox.get("price", line["price"]),
            "quantity": line["quantity"],
        }
        for line in session["_lines"]
    ]


def session_invoice(sandbox: Sandbox, session: Object, intent: Object) -> None:
    """With `invoice_creation`, the invoice of a paid session: finalized, and paid by the session's intent."""
    wanted = session["invoice_creation"] or {"enabled": False}
    customer = sandbox.find("customer", session["customer"] or "")
    if not wanted["enabled"] or customer is None:
        return
    data = wanted["invoice_data"]
    given = {"automatic_tax": session["automatic_tax"], "description": data["description"], "footer": data["footer"]}
    invoice = invoice_new(sandbox, customer, "manual", {**given, "metadata": data["metadata"]})
    sandbox.update(invoice, {"discounts": list(session["_discounts"])})
    period = {"start": sandbox.now, "end": sandbox.now}
    lines = []
    for line in session["_lines"]:
        price = sandbox.get("price", line["price"])
        new = line_new(sandbox, invoice["id"], line["amount"], line["description"], period, line["quantity"])
        lines.append(new | {"currency": line["currency"], "pricing": pricing_of(price, 0, 1)})
    lines_put(sandbox, invoice, lines)
    sandbox.emit("invoice.created", invoice)
    invoice_attach_paid(sandbox, invoice, intent)
    sandbox.update(session, {"invoice": invoice["id"]})
