"""Receipts and invoices as pages, an open invoice with a way to pay it, and an invoice as PDF."""

from billing.standin.objects.charges import money_text, receipt_lines
from billing.standin.objects.invoicing import invoice_pay
from billing.standin.objects.times import date_text
from billing.standin.sandbox import Object, Sandbox, StripeRefusal
from billing.standin.service import perform
from billing.standin.web.exchange import Exchange, form_of
from billing.standin.web.html import Shown, alert, choices, form, link, message, page, redirect, table
from billing.standin.web.pages.methods import CARDS, method_chosen, saved_cards
from billing.standin.web.pages.pdf import pdf_of


def receipt_page(sandbox: Sandbox, exchange: Exchange, id_: str) -> Shown:
    charge = sandbox.find("charge", id_)
    if charge is None or not charge["paid"]:
        return message("Not found", "There is no such receipt.", 404)
    return page("Receipt", table(receipt_lines(charge)))


def invoice_page(sandbox: Sandbox, exchange: Exchange, id_: str) -> Shown:
    invoice = sandbox.find("invoice", id_)
    if invoice is None or not invoice.get("number"):
        return message("Not found", "There is no such invoice.", 404)
    if exchange.method != "POST":
        return _show(sandbox, invoice, None)
    fields = form_of(exchange)
    try:
        perform(sandbox, lambda: _pay(sandbox, invoice, fields.get("method", "")))
    except StripeRefusal as refusal:
        waiting = refusal.error.get("payment_intent") or {}
        if waiting.get("status") == "requires_action":
            return redirect(f"/authenticate/{waiting['client_secret']}")
        return _show(sandbox, invoice, str(refusal), status=402)
    return redirect(f"/invoices/{id_}")


def invoice_pdf(sandbox: Sandbox, exchange: Exchange, id_: str) -> Shown:
    invoice = sandbox.find("invoice", id_)
    if invoice is None or not invoice.get("number"):
        return message("Not found", "There is no such invoice.", 404)
    body = pdf_of(["Test payments: no money moves", "", *(f"{name}: {value}" for name, value in _rows(invoice))])
    name = f'inline; filename="{invoice["number"]}.pdf"'
    return Shown(200, {"content-type": "application/pdf", "content-disposition": name}, body)


def _pay(sandbox: Sandbox, invoice: Object, choice: str) -> Object:
    method = method_chosen(sandbox, choice, {}, invoice["customer"])
    return invoice_pay(sandbox, {"payment_method": method["id"]}, invoice["id"])


def _show(sandbox: Sandbox, invoice: Object, said: str | None, status: int = 200) -> Shown:
    pay = ""
    if invoice["status"] in ("open", "uncollectible"):
        offered = [*saved_cards(sandbox, invoice["customer"]), *CARDS]
        due = money_text(invoice["amount_due"], invoice["currency"])
        pay = form("pay", choices("method", "Pay with", offered), button=f"Pay {due}")
    pdf = f"<p>{link(invoice['invoice_pdf'], 'As PDF')}</p>"
    return page(f"Invoice {invoice['number']}", table(_rows(invoice)), pdf, alert(said), pay, status=status)


def _rows(invoice: Object) -> list[tuple[str, str]]:
    currency = invoice["currency"]
    address = invoice["customer_address"] or {}
    place = ", ".join(
        filter(None, (address.get("line1"), address.get("postal_code"), address.get("city"), address.get("country")))
    )
    rows = [
        ("Number", invoice["number"]),
        ("Date", date_text(invoice["effective_at"] or invoice["created"])),
        ("To", invoice["customer_name"] or invoice["customer_email"] or "-"),
        *([("Address", place)] if place else []),
        *(("Tax id", each["value"]) for each in invoice["customer_tax_ids"]),
        *((line["description"] or "-", money_text(line["amount"], currency)) for line in invoice["lines"]["data"]),
    ]
    off = sum(each["amount"] for each in invoice["total_discount_amounts"])
    tax = sum(each["amount"] for each in invoice["total_taxes"])
    rows += [("Discount", money_text(-off, currency))] if off else []
    rows += [("Tax", money_text(tax, currency))] if tax else []
    return [*rows, ("Total", money_text(invoice["total"], currency)), ("Status", invoice["status"])]
