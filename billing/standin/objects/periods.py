"""A subscription's periods: when one ends, the invoice for the next."""

from billing.standin.objects.invoices import invoice_new, lines_put
from billing.standin.objects.lines import line_of_item, line_of_subscription, pending_items
from billing.standin.objects.times import at, period_end
from billing.standin.sandbox import Object, Sandbox


def cycle_plan(sandbox: Sandbox, subscription: Object) -> None:
    """Note when the present period ends; what was noted for an earlier end is dropped."""
    for task in list(sandbox.records.get("_task", {}).values()):
        if (task["what"], task["about"]) == ("subscription_cycle", subscription["id"]):
            sandbox.remove("_task", task["id"])
    end = period_of(subscription)[1]
    if subscription["cancel_at"]:
        end = min(end, subscription["cancel_at"])
    at(sandbox, "subscription_cycle", subscription["id"], end, subscription["customer"])


def period_of(subscription: Object) -> tuple[int, int]:
    first = subscription["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]


def period_begin(sandbox: Sandbox, subscription: Object, start: int) -> None:
    """Move all items to the period that begins at `start`, counted from the anchor."""
    for item in subscription["items"]["data"]:
        recurring = item["price"]["recurring"]
        anchor = subscription["billing_cycle_anchor"]
        end = period_end(anchor, start, recurring["interval"], recurring["interval_count"])
        item |= {"current_period_start": start, "current_period_end": end}
    sandbox.save(subscription)
    cycle_plan(sandbox, subscription)


def invoice_for(
    sandbox: Sandbox, subscription: Object, reason: str, *, free: bool = False, only_pending: bool = False
) -> Object:
    """A draft for the subscription's present period (`free`: a trial) and the prorations that wait for it."""
    customer = sandbox.get("customer", subscription["customer"])
    given = {
        "collection_method": subscription["collection_method"],
        "auto_advance": True,
        "automatic_tax": subscription["automatic_tax"],
        "currency": subscription["currency"],
    }
    if subscription["collection_method"] == "send_invoice":
        given["days_until_due"] = subscription["days_until_due"] or 30
    invoice = invoice_new(sandbox, customer, reason, given)
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    parent = {"type": "subscription_details", "quote_details": None, "subscription_details": details}
    start, end = period_of(subscription)
    live = [each for each in subscription["discounts"] if _applies(sandbox, each, start)]
    kept = {"parent": parent, "discounts": live, "period_start": start, "period_end": end}
    sandbox.update(invoice, kept if reason != "subscription_create" else {**kept, "period_end": start})
    waiting = pending_items(sandbox, customer["id"], subscription["id"])
    lines = [line_of_item(sandbox, item, invoice["id"]) for item in waiting]
    if not only_pending:
        lines += [
            line_of_subscription(sandbox, subscription, item, invoice["id"], free=free)
            for item in subscription["items"]["data"]
        ]
    lines_put(sandbox, invoice, lines)
    sandbox.emit("invoice.created", invoice)
    sandbox.update(subscription, {"latest_invoice": invoice["id"]})
    return invoice


def _applies(sandbox: Sandbox, discount_id: str, start: int) -> bool:
    """Whether a discount still counts for a period: once for one invoice, for some months, or for ever."""
    discount = sandbox.get("discount", discount_id)
    coupon = sandbox.find("coupon", discount["source"]["coupon"]) or {}
    if coupon.get("duration") == "once":
        return not any(discount_id in invoice["discounts"] for invoice in sandbox.every("invoice"))
    return discount["end"] is None or start < discount["end"]
