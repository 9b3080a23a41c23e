"""Prorations: what is left of a period is credited at the old price and billed at the new one."""

from billing.standin.objects.lines import item_new
from billing.standin.objects.times import date_text
from billing.standin.sandbox import Object, Sandbox


def share(amount: int, left: int, whole: int) -> int:
    """`amount` × left ÷ whole in cents, rounded half up."""
    return (2 * amount * left + whole) // (2 * whole) if whole else 0


def prorate(sandbox: Sandbox, subscription: Object, item: Object, changed: Object | None, now: int) -> None:
    """Credit an item's unused time from `now`, and bill it as `changed` (price, quantity), if it goes on.

    The item's period stays what it was; the two prorations cover what is left of it.
    """
    start, end = item["current_period_start"], item["current_period_end"]
    left, whole = max(0, end - now), end - start
    period = {"start": now, "end": end}
    if subscription["status"] == "trialing" or not left:
        return
    versions = (
        (item["price"], item["quantity"], -1),
        *(((changed["price"], changed["quantity"], 1),) if changed else ()),
    )
    for price, quantity, sign in (version for version in versions if version[1]):
        amount = sign * share(price["unit_amount"] * quantity, left, whole)
        words = "Unused" if sign < 0 else "Remaining"
        product = (sandbox.find("product", price["product"]) or {}).get("name", price["product"])
        item_new(
            sandbox,
            subscription["customer"],
            amount,
            f"{words} time on {quantity} × {product} after {date_text(now)}",
            period,
            price=price,
            quantity=quantity,
            subscription=subscription,
            subscription_item=item["id"],
        )
