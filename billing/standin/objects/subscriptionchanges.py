"""Changes of a running subscription: its items with prorations, its end, its trial, its card."""

from collections.abc import Iterator
from typing import Final

from billing.standin.objects.changes import merged_metadata, settled
from billing.standin.objects.discounts import discount_redeem
from billing.standin.objects.paymentmethods import method_owned
from billing.standin.objects.periods import cycle_plan, invoice_for, period_begin
from billing.standin.objects.prorations import prorate
from billing.standin.objects.subscriptioncollecting import collect, collect_or_refuse, require_method
from billing.standin.objects.subscriptions import ENDED, item_new
from billing.standin.objects.times import time_of
from billing.standin.sandbox import Object, Sandbox, invalid, no_such, no_such_in_path, shown

SETTABLE: Final = (
    *("cancel_at", "cancel_at_period_end", "collection_method", "days_until_due", "description"),
    *("pause_collection", "payment_settings", "trial_settings"),
)


def subscription_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    subscription = sandbox.get("subscription", id_)
    if subscription["status"] in ENDED:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    changes = settled(given, subscription, SETTABLE)
    if given.get("default_payment_method"):
        customer = sandbox.get("customer", subscription["customer"])
        method = method_owned(sandbox, given["default_payment_method"], customer, "default_payment_method")
        changes["default_payment_method"] = method["id"]
    if "discounts" in given:
        changes["discounts"] = [
            discount_redeem(sandbox, each, subscription["customer"], "discounts[0]", subscription=id_)["id"]
            for each in given["discounts"] or []
        ]
    now = time_of(sandbox, subscription["customer"])
    if "cancel_at_period_end" in given or "cancel_at" in given:
        changes |= _cancellation(subscription, given, now)
    if given.get("trial_end") == "now" and subscription["status"] == "trialing":
        trial_finish(sandbox, subscription, now)
    before = {"items": shown(subscription["items"])}
    restarts = _items_change(sandbox, subscription, given, now) if given.get("items") else False
    sandbox.update(subscription, changes, "customer.subscription.updated" if not given.get("items") else None)
    if "cancel_at" in given:
        cycle_plan(sandbox, subscription)
    if given.get("items"):
        sandbox.emit("customer.subscription.updated", subscription, before)
        _bill(sandbox, subscription, given, restarts=restarts)
    return subscription


def trial_finish(sandbox: Sandbox, subscription: Object, now: int) -> None:
    """The trial is over: the first paid period begins, or, without a card, what `trial_settings` says."""
    customer = sandbox.get("customer", subscription["customer"])
    has_card = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    ending = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    sandbox.update(subscription, {"trial_end": now})
    if not has_card and ending == "pause":
        sandbox.update(subscription, {"status": "paused"})
        sandbox.emit("customer.subscription.paused", subscription)
        return
    sandbox.update(subscription, {"status": "active", "billing_cycle_anchor": now}, "customer.subscription.updated")
    period_begin(sandbox, subscription, now)
    collect(sandbox, invoice_for(sandbox, subscription, "subscription_cycle"))


def items_every(sandbox: Sandbox) -> Iterator[Object]:
    """All items; each is a part of its subscription and has no record of its own."""
    return (item for subscription in sandbox.every("subscription") for item in subscription["items"]["data"])


def item_get(sandbox: Sandbox, given: Object, id_: str) -> Object:
    for item in items_every(sandbox):
        if item["id"] == id_:
            return item
    raise no_such_in_path("subscription_item", id_)


def item_create(sandbox: Sandbox, given: Object) -> Object:
    subscription = sandbox.get("subscription", given["subscription"], "subscription")
    added = {name: given[name] for name in ("price", "price_data", "quantity", "metadata") if name in given}
    subscription_update(sandbox, {**_billing(given), "items": [added]}, subscription["id"])
    return dict(subscription["items"]["data"][-1])


def item_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    item = item_get(sandbox, {}, id_)
    changed = {name: given[name] for name in ("price", "price_data", "quantity", "metadata") if name in given}
    subscription_update(sandbox, {**_billing(given), "items": [{**changed, "id": id_}]}, item["subscription"])
    return item


def item_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    item = item_get(sandbox, {}, id_)
    subscription_update(sandbox, {**_billing(given), "items": [{"id": id_, "deleted": True}]}, item["subscription"])
    return {"id": id_, "object": "subscription_item", "deleted": True}


def _billing(given: Object) -> Object:
    return {name: given[name] for name in ("proration_behavior", "proration_date", "payment_behavior") if name in given}


def _cancellation(subscription: Object, given: Object, now: int) -> Object:
    ends = bool(given.get("cancel_at_period_end") or given.get("cancel_at"))
    reason = "cancellation_requested" if ends else None
    details = {**subscription["cancellation_details"], "reason": reason}
    return {"canceled_at": now if ends else None, "cancellation_details": details}


def _items_change(sandbox: Sandbox, subscription: Object, given: Object, now: int) -> bool:
    """Change, add and remove items. True when another interval begins a new period."""
    prorates = given.get("proration_behavior", "create_prorations") != "none"
    moment = int(given.get("proration_date") or now)
    items = list(subscription["items"]["data"])
    interval = items[0]["price"]["recurring"]["interval"]
    for part in given["items"]:
        if "id" not in part:
            item = item_new(sandbox, subscription, part, now, None)
            items.append(item)
            if prorates:
                _prorate_new(sandbox, subscription, item, moment)
            continue
        item = _item_among(items, part["id"])
        changed = None if part.get("deleted") else _changed(sandbox, item, part)
        restarts = changed is not None and changed["price"]["recurring"]["interval"] != interval
        if prorates and changed != {"price": item["price"], "quantity": item["quantity"]}:
            prorate(sandbox, subscription, item, None if restarts else changed, moment)
        if changed is None:
            items.remove(item)
        else:
            item |= {**changed, "metadata": merged_metadata(item["metadata"], part.get("metadata"))}
    if not items:
        raise invalid("A subscription must have at least one item.")
    sandbox.update(subscription, {"items": {**subscription["items"], "data": items}})
    return bool(items[0]["price"]["recurring"]["interval"] != interval)


def _item_among(items: list[Object], id_: str) -> Object:
    for item in items:
        if item["id"] == id_:
            return item
    raise no_such("subscription_item", id_, "items[0][id]")


def _changed(sandbox: Sandbox, item: Object, part: Object) -> Object:
    price = sandbox.get("price", part["price"], "items[0][price]") if part.get("price") else item["price"]
    return {"price": price, "quantity": part.get("quantity", item["quantity"])}


def _prorate_new(sandbox: Sandbox, subscription: Object, item: Object, moment: int) -> None:
    prorate(
        sandbox, subscription, {**item, "quantity": 0}, {"price": item["price"], "quantity": item["quantity"]}, moment
    )


def _bill(sandbox: Sandbox, subscription: Object, given: Object, *, restarts: bool) -> None:
    """Bill at once when asked to, or when a new period has begun; else the next invoice takes the prorations."""
    anchored = given.get("billing_cycle_anchor") == "now"
    at_once = given.get("proration_behavior") == "always_invoice"
    if subscription["status"] == "trialing" or not (restarts or anchored or at_once):
        return
    if subscription["collection_method"] == "charge_automatically":
        require_method(sandbox, subscription)
    if restarts or anchored:
        now = time_of(sandbox, subscription["customer"])
        sandbox.update(subscription, {"billing_cycle_anchor": now})
        period_begin(sandbox, subscription, now)
    invoice = invoice_for(sandbox, subscription, "subscription_update", only_pending=not (restarts or anchored))
    if given.get("payment_behavior") == "error_if_incomplete":
        collect_or_refuse(sandbox, invoice)
    else:
        collect(sandbox, invoice)
