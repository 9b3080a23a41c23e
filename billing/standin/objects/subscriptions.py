"""Subscriptions as callers make them: create, cancel, and the parts every one has."""

from typing import Any, Final

from billing.standin.objects.blanks import blank
from billing.standin.objects.catalogue import price_create
from billing.standin.objects.changes import list_of, merged_metadata
from billing.standin.objects.discounts import discount_redeem
from billing.standin.objects.invoices import automatic_tax
from billing.standin.objects.paymentmethods import method_owned
from billing.standin.objects.periods import cycle_plan, invoice_for
from billing.standin.objects.prorations import prorate
from billing.standin.objects.subscriptioncollecting import collect, collect_first
from billing.standin.objects.times import at, period_end, time_of
from billing.standin.sandbox import Object, Sandbox, invalid

ENDED: Final = ("canceled", "incomplete_expired")
INCOMPLETE_SECONDS: Final = 23 * 3600


def subscription_create(sandbox: Sandbox, given: Object) -> Object:
    customer = sandbox.get("customer", given.get("customer", ""), "customer")
    if not given.get("items"):
        raise invalid("Missing required param: items.", param="items", code="parameter_missing")
    method = given.get("default_payment_method")
    if method:
        method = method_owned(sandbox, method, customer, "default_payment_method")["id"]
    now = time_of(sandbox, customer["id"])
    trial_end = _trial_end(given, now)
    subscription = _new(sandbox, customer, given, now, trial_end) | {"default_payment_method": method}
    sandbox.add(subscription)
    items = [item_new(sandbox, subscription, item, now, trial_end) for item in given["items"]]
    _check_items(items)
    subscription["items"] = list_of(items, f"/v1/subscription_items?subscription={subscription['id']}")
    subscription["discounts"] = [
        discount_redeem(sandbox, each, customer["id"], f"discounts[{index}]", subscription=subscription["id"])["id"]
        for index, each in enumerate(given.get("discounts") or [])
    ]
    subscription["currency"] = items[0]["price"]["currency"]
    sandbox.save(subscription)
    cycle_plan(sandbox, subscription)
    sandbox.emit("customer.subscription.created", subscription)
    invoice = invoice_for(sandbox, subscription, "subscription_create", free=trial_end is not None)
    collect_first(sandbox, subscription, invoice, given.get("payment_behavior", "allow_incomplete"))
    if subscription["status"] == "incomplete":
        at(sandbox, "subscription_expire", subscription["id"], now + INCOMPLETE_SECONDS, customer["id"])
    return subscription


def _new(sandbox: Sandbox, customer: Object, given: Object, now: int, trial_end: int | None) -> Object:
    settings = {"account_tax_ids": None, "issuer": {"type": "self"}}
    payment = {"payment_method_options": None, "payment_method_types": None, "save_default_payment_method": "off"}
    behavior = (given.get("trial_settings") or {}).get("end_behavior", {"missing_payment_method": "create_invoice"})
    return {
        **blank("subscription"),
        "id": sandbox.new_id("sub"),
        "automatic_tax": {key: automatic_tax(given)[key] for key in ("disabled_reason", "enabled", "liability")},
        "billing_cycle_anchor": trial_end or now,
        "billing_mode": {"type": (given.get("billing_mode") or {}).get("type", "classic"), "flexible": None},
        "cancel_at": given.get("cancel_at"),
        "cancel_at_period_end": given.get("cancel_at_period_end", False),
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": given.get("collection_method", "charge_automatically"),
        "created": now,
        "customer": customer["id"],
        "days_until_due": given.get("days_until_due"),
        "description": given.get("description"),
        "invoice_settings": settings,
        "metadata": merged_metadata({}, given.get("metadata")),
        "payment_settings": {**payment, **(given.get("payment_settings") or {})},
        "start_date": now,
        "status": "trialing" if trial_end else "incomplete",
        "test_clock": customer["test_clock"],
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": behavior},
        "trial_start": now if trial_end else None,
    }


def item_new(sandbox: Sandbox, subscription: Object, given: Object, now: int, trial_end: int | None) -> Object:
    """An item, for the subscription's present period or, with a new subscription, for its first."""
    if "price_data" in given:
        price = price_create(sandbox, given["price_data"])
    else:
        price = sandbox.get("price", given.get("price", ""), "items[0][price]")
    if price["recurring"] is None:
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`."
        )
    present = (subscription["items"] or {}).get("data")
    if present:
        start, end = present[0]["current_period_start"], present[0]["current_period_end"]
    else:
        recurring = price["recurring"]
        start = now
        end = trial_end or period_end(now, now, recurring["interval"], recurring["interval_count"])
    return {
        "id": sandbox.new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": merged_metadata({}, given.get("metadata")),
        "price": price,
        "quantity": given.get("quantity", 1),
        "subscription": subscription["id"],
        "tax_rates": [],
    }


def subscription_cancel(sandbox: Sandbox, given: Object, id_: str) -> Object:
    """End it now. `prorate` credits what is left of the period, `invoice_now` bills it at once."""
    subscription = sandbox.get("subscription", id_)
    if subscription["status"] in ENDED:
        raise invalid(f"No such subscription: '{id_}'", code="resource_missing", param="id")
    if given.get("prorate"):
        now = time_of(sandbox, subscription["customer"])
        for item in subscription["items"]["data"]:
            prorate(sandbox, subscription, item, None, now)
    details = {"reason": "cancellation_requested", "comment": None, "feedback": None}
    subscription_end(sandbox, subscription, {**details, **(given.get("cancellation_details") or {})})
    if given.get("invoice_now"):
        collect(sandbox, invoice_for(sandbox, subscription, "subscription_update", only_pending=True))
    return subscription


def subscription_end(sandbox: Sandbox, subscription: Object, details: Object, status: str = "canceled") -> None:
    now = time_of(sandbox, subscription["customer"])
    ended: dict[str, Any] = {"status": status, "ended_at": now, "canceled_at": subscription["canceled_at"] or now}
    sandbox.update(subscription, {**ended, "cancellation_details": details})
    name = "customer.subscription.deleted" if status == "canceled" else "customer.subscription.updated"
    sandbox.emit(name, subscription)


def _trial_end(given: Object, now: int) -> int | None:
    if given.get("trial_period_days"):
        return now + int(given["trial_period_days"]) * 86_400
    end = given.get("trial_end")
    if end in (None, "now"):
        return None
    if int(end) <= now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future", param="trial_end")
    return int(end)


def _check_items(items: list[Object]) -> None:
    first = items[0]["price"]
    for item in items[1:]:
        if item["price"]["currency"] != first["currency"]:
            raise invalid("All prices on a subscription must have the same currency.")
        if item["price"]["recurring"]["interval"] != first["recurring"]["interval"]:
            raise invalid("All prices on a subscription must have the same `recurring.interval`.")
