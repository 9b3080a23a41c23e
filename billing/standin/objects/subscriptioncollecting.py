"""What a subscription's invoices mean for it: active when paid, incomplete or past due when not."""

from billing.standin.objects.invoicing import invoice_finalize, invoice_pay, invoice_void, retry_plan
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, invalid


def collect_first(sandbox: Sandbox, subscription: Object, invoice: Object, behavior: str) -> None:
    """Finalize and collect the first invoice, as `payment_behavior` says; sets the subscription's status."""
    waits = behavior == "default_incomplete" or subscription["collection_method"] == "send_invoice"
    invoice_finalize(sandbox, {}, invoice["id"])
    if subscription["collection_method"] == "send_invoice" and subscription["status"] == "incomplete":
        sandbox.update(subscription, {"status": "active"})
    if invoice["status"] == "open" and not waits:
        try:
            invoice_pay(sandbox, {}, invoice["id"])
        except StripeRefusal as refusal:
            if behavior == "error_if_incomplete":
                refusal.keeps = False
            if not refusal.keeps:
                raise
    subscription_settle(sandbox, subscription, invoice)


def subscription_settle(sandbox: Sandbox, subscription: Object, invoice: Object) -> None:
    """An invoice is paid: what was incomplete, past due or unpaid is active again."""
    waiting = subscription["status"] in ("incomplete", "past_due", "unpaid")
    if invoice["status"] == "paid" and waiting and subscription["latest_invoice"] == invoice["id"]:
        sandbox.update(subscription, {"status": "active"}, "customer.subscription.updated")
        _keep_method(sandbox, subscription, invoice)


def collect(sandbox: Sandbox, invoice: Object) -> None:
    """Collect an invoice of a running subscription; one that fails makes it past due and is tried again.

    While its collection is paused the invoice is voided, whatever the pause's behaviour says.
    """
    subscription = subscription_of(sandbox, invoice)
    if invoice["status"] == "draft":
        invoice_finalize(sandbox, {}, invoice["id"])
    if invoice["status"] == "open" and subscription is not None and subscription["pause_collection"]:
        invoice_void(sandbox, {}, invoice["id"])
    if invoice["status"] != "open" or invoice["collection_method"] == "send_invoice":
        return
    try:
        invoice_pay(sandbox, {}, invoice["id"])
    except StripeRefusal:
        if not invoice["attempt_count"]:
            sandbox.update(invoice, {"attempt_count": 1, "attempted": True})
            sandbox.emit("invoice.payment_failed", invoice)
        again = retry_plan(sandbox, invoice)
        if subscription is not None and subscription["status"] in ("active", "past_due", "trialing"):
            status = "past_due" if again else "unpaid"
            sandbox.update(subscription, {"status": status}, "customer.subscription.updated")


def collect_or_refuse(sandbox: Sandbox, invoice: Object) -> None:
    """Collect an invoice, or undo the whole request that has led to it. Raises StripeRefusal."""
    if invoice["status"] == "draft":
        invoice_finalize(sandbox, {}, invoice["id"])
    if invoice["status"] == "open":
        try:
            invoice_pay(sandbox, {}, invoice["id"])
        except StripeRefusal as refusal:
            refusal.keeps = False
            raise


def subscription_of(sandbox: Sandbox, invoice: Object) -> Object | None:
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return sandbox.find("subscription", details.get("subscription") or "")


def require_method(sandbox: Sandbox, subscription: Object) -> None:
    """Refuse what would have to be charged and has nothing to be charged to."""
    customer = sandbox.get("customer", subscription["customer"])
    if not (subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]):
        raise invalid(
            "This customer has no attached payment source or default payment method.", code="resource_missing"
        )


def _keep_method(sandbox: Sandbox, subscription: Object, invoice: Object) -> None:
    if subscription["payment_settings"].get("save_default_payment_method") != "on_subscription":
        return
    for payment in sandbox.every("invoice_payment"):
        if payment["invoice"] == invoice["id"]:
            intent = sandbox.get("payment_intent", payment["payment"]["payment_intent"])
            sandbox.update(subscription, {"default_payment_method": intent["payment_method"]})
            return
