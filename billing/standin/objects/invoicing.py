"""An invoice's life: finalized, paid or failed, voided, written off."""

from typing import Final

from billing.standin.objects.intents import LEAST_CENTS, intent_end, intent_new
from billing.standin.objects.invoices import add_up, customer_facts, transition
from billing.standin.objects.paying import intent_confirm
from billing.standin.objects.paymentmethods import method_attach_to, method_named
from billing.standin.objects.times import at, time_of
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, card_declined, invalid

# When a failed invoice of a subscription is tried again, counted from the failure.
RETRY_DAYS: Final = (3, 5, 7)


def invoice_finalize(sandbox: Sandbox, given: Object, id_: str) -> Object:
    """Fix the invoice and give it a number. One that asks for nothing is paid at once."""
    invoice = sandbox.get("invoice", id_)
    if invoice["status"] != "draft":
        raise invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    customer = sandbox.get("customer", invoice["customer"])
    add_up(sandbox, invoice)
    _use_balance(sandbox, invoice, customer)
    now = time_of(sandbox, customer["id"])
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}"
    sandbox.update(customer, {"next_invoice_sequence": customer["next_invoice_sequence"] + 1})
    fixed = {
        "status": "open",
        "number": number,
        "effective_at": now,
        "hosted_invoice_url": f"{sandbox.base_url}/invoices/{id_}",
        "invoice_pdf": f"{sandbox.base_url}/invoices/{id_}/pdf",
    }
    sandbox.update(invoice, {**fixed, **customer_facts(sandbox, customer), **transition(invoice, "finalized_at", now)})
    sandbox.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        _paid(sandbox, invoice)
    else:
        _ask_for_payment(sandbox, invoice)
    return invoice


def invoice_pay(sandbox: Sandbox, given: Object, id_: str) -> Object:
    """Collect an invoice. Raises StripeRefusal when the card declines or its holder has to authenticate."""
    invoice = sandbox.get("invoice", id_)
    if invoice["status"] == "draft":
        invoice_finalize(sandbox, {}, id_)
    if given.get("paid_out_of_band") and invoice["status"] == "open":
        return _paid(sandbox, invoice, outside=True)
    if invoice["status"] == "paid":
        if given:
            raise invalid("Invoice is already paid", code="invoice_already_paid")
        return invoice
    if invoice["status"] != "open":
        raise invalid(f"Invoice is {invoice['status']} and cannot be paid.")
    intent = intent_of(sandbox, invoice)
    sandbox.update(intent, {"payment_method": _method(sandbox, invoice, given), "status": "requires_confirmation"})
    attempts = invoice["attempt_count"] + 1
    sandbox.update(invoice, {"attempted": True, "attempt_count": attempts})
    try:
        intent_confirm(sandbox, intent, {"off_session": True, "_asks": True})
    except StripeRefusal as refusal:
        if refusal.keeps:
            sandbox.emit("invoice.payment_failed", invoice)
        raise
    if intent["status"] == "requires_action":
        sandbox.emit("invoice.payment_action_required", invoice)
        sandbox.emit("invoice.payment_failed", invoice)
        waiting = card_declined(
            "invoice_payment_intent_requires_action",
            None,
            "This payment requires additional user action.",
            payment_intent=intent,
        )
        waiting.keeps = True
        raise waiting
    invoice_settle(sandbox, invoice)
    return invoice


def invoice_settle(sandbox: Sandbox, invoice: Object) -> None:
    """Mark as paid when its intent has succeeded; again and again without harm."""
    if invoice["status"] in ("open", "uncollectible") and intent_of(sandbox, invoice)["status"] == "succeeded":
        _paid(sandbox, invoice)


def invoice_attach_paid(sandbox: Sandbox, invoice: Object, intent: Object) -> None:
    """Finalize an invoice that this intent, which has succeeded, has already paid."""
    sandbox.update(invoice, {"_paid_by": intent["id"]})
    invoice_finalize(sandbox, {}, invoice["id"])
    invoice_settle(sandbox, invoice)


def invoice_void(sandbox: Sandbox, given: Object, id_: str) -> Object:
    invoice = _open_invoice(sandbox, id_, "voided")
    now = time_of(sandbox, invoice["customer"])
    sandbox.update(invoice, {"status": "void", "amount_remaining": 0, **transition(invoice, "voided_at", now)})
    intent_end(sandbox, intent_of(sandbox, invoice), "void_invoice")
    sandbox.emit("invoice.voided", invoice)
    return invoice


def invoice_write_off(sandbox: Sandbox, given: Object, id_: str) -> Object:
    invoice = _open_invoice(sandbox, id_, "marked uncollectible")
    now = time_of(sandbox, invoice["customer"])
    sandbox.update(invoice, {"status": "uncollectible", **transition(invoice, "marked_uncollectible_at", now)})
    sandbox.emit("invoice.marked_uncollectible", invoice)
    return invoice


def invoice_send(sandbox: Sandbox, given: Object, id_: str) -> Object:
    invoice = sandbox.get("invoice", id_)
    if invoice["collection_method"] != "send_invoice":
        raise invalid("You can only manually send an invoice if its collection method is 'send_invoice'.")
    if invoice["status"] == "draft":
        invoice_finalize(sandbox, {}, id_)
    sandbox.emit("invoice.sent", invoice)
    return invoice


def intent_of(sandbox: Sandbox, invoice: Object) -> Object:
    return sandbox.get("payment_intent", payment_of(sandbox, invoice)["payment"]["payment_intent"])


def payment_of(sandbox: Sandbox, invoice: Object) -> Object:
    return next(each for each in sandbox.every("invoice_payment") if each["invoice"] == invoice["id"])


def retry_plan(sandbox: Sandbox, invoice: Object) -> bool:
    """Note when a failed invoice is tried again; False when it has been tried often enough."""
    failures = invoice["attempt_count"]
    if failures > len(RETRY_DAYS):
        sandbox.update(invoice, {"next_payment_attempt": None})
        return False
    due = time_of(sandbox, invoice["customer"]) + RETRY_DAYS[failures - 1] * 86_400
    at(sandbox, "invoice_retry", invoice["id"], due, invoice["customer"])
    sandbox.update(invoice, {"next_payment_attempt": due})
    return True


def _use_balance(sandbox: Sandbox, invoice: Object, customer: Object) -> None:
    """Use up credit; a negative total becomes credit, and what is too little to charge waits for the next invoice."""
    before, total = customer["balance"], invoice["total"]
    due = invoice["amount_due"]
    after = before + total - due
    if 0 < due < LEAST_CENTS:
        after, due = after + due, 0
    if after != before:
        sandbox.update(customer, {"balance": after}, "customer.updated")
    sandbox.update(invoice, {"ending_balance": after, "amount_due": due, "amount_remaining": due})


def _ask_for_payment(sandbox: Sandbox, invoice: Object) -> None:
    if paid_by := invoice.get("_paid_by"):
        intent = sandbox.get("payment_intent", paid_by)
    else:
        asked = {"amount": invoice["amount_due"], "currency": invoice["currency"], "customer": invoice["customer"]}
        usage = "off_session" if invoice["parent"] else None
        intent = intent_new(sandbox, {**asked, "setup_future_usage": usage, "_invoice": invoice["id"]})
        sandbox.emit("payment_intent.created", intent)
    payment: Object = {
        "id": sandbox.new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": sandbox.now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    sandbox.add(payment)


def _method(sandbox: Sandbox, invoice: Object, given: Object) -> str:
    customer = sandbox.get("customer", invoice["customer"])
    subscription = ((invoice["parent"] or {}).get("subscription_details") or {}).get("subscription")
    chosen = given.get("payment_method") or invoice["default_payment_method"]
    chosen = chosen or (sandbox.find("subscription", subscription or "") or {}).get("default_payment_method")
    chosen = chosen or customer["invoice_settings"]["default_payment_method"]
    if chosen is None:
        raise invalid(
            "There is no default_payment_method set on this Customer or Invoice.",
            code="invoice_no_payment_method_types",
        )
    method = method_named(sandbox, chosen, "payment_method")
    return str(method_attach_to(sandbox, method["id"], customer)["id"])


def _paid(sandbox: Sandbox, invoice: Object, *, outside: bool = False) -> Object:
    now, due = time_of(sandbox, invoice["customer"]), invoice["amount_due"]
    moved = {"amount_paid": due, "amount_remaining": 0, "amount_paid_off_stripe": due if outside else 0}
    ended = {"status": "paid", "next_payment_attempt": None, "attempted": True}
    sandbox.update(invoice, {**ended, **moved, **transition(invoice, "paid_at", now)})
    if due and not outside:
        payment = payment_of(sandbox, invoice)
        sandbox.update(
            payment, {"status": "paid", "amount_paid": due, "status_transitions": {"canceled_at": None, "paid_at": now}}
        )
        sandbox.emit("invoice_payment.paid", payment)
    sandbox.emit("invoice.paid", invoice)
    sandbox.emit("invoice.payment_succeeded", invoice)
    sandbox.followed.append(("invoice", invoice["id"]))
    return invoice


def _open_invoice(sandbox: Sandbox, id_: str, act: str) -> Object:
    invoice = sandbox.get("invoice", id_)
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"You can only pass in open invoices. This invoice isn't open, so it cannot be {act}.")
    return invoice
