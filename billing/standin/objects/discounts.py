"""Discounts: a coupon or a promotion code, redeemed for a checkout session, an invoice or a subscription."""

from typing import Any

from billing.standin.objects.times import period_end
from billing.standin.sandbox import Object, Sandbox, invalid


def coupon_of(sandbox: Sandbox, given: Object, param: str) -> tuple[Object, Object | None]:
    """The coupon, and the promotion code, that `{coupon}` or `{promotion_code}` names. Refuses one that is used up."""
    promotion = None
    if given.get("promotion_code"):
        promotion = sandbox.get("promotion_code", given["promotion_code"], f"{param}[promotion_code]")
        if not _is_open(sandbox, promotion, "expires_at") or not promotion["active"]:
            raise invalid("This promotion code cannot be redeemed.", param=f"{param}[promotion_code]")
    coupon_id = promotion["promotion"]["coupon"] if promotion else given.get("coupon", "")
    coupon = sandbox.get("coupon", coupon_id, f"{param}[coupon]")
    if not _is_open(sandbox, coupon, "redeem_by"):
        raise invalid(f"Coupon {coupon['id']} is expired and cannot be applied.", param=f"{param}[coupon]")
    return coupon, promotion


def promotion_by_code(sandbox: Sandbox, code: str) -> Object:
    """The promotion code somebody has typed. Raises StripeRefusal when it is none, or no more."""
    found = [each for each in sandbox.every("promotion_code") if each["code"].lower() == code.strip().lower()]
    if not found:
        raise invalid("This promotion code is not known.", param="promotion_code")
    coupon_of(sandbox, {"promotion_code": found[0]["id"]}, "discounts")
    return found[0]


def discount_redeem(sandbox: Sandbox, given: Object, customer_id: str | None, param: str, **owner: Any) -> Object:
    """Redeem; `owner` says what the discount is for (`subscription`, `invoice` or `checkout_session`)."""
    coupon, promotion = coupon_of(sandbox, given, param)
    for redeemed in filter(None, (coupon, promotion)):
        sandbox.update(redeemed, {"times_redeemed": redeemed["times_redeemed"] + 1})
    months = coupon["duration_in_months"]
    discount: Object = {
        "id": sandbox.new_id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": customer_id,
        "end": period_end(sandbox.now, sandbox.now, "month", months) if months else None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": promotion["id"] if promotion else None,
        "source": {"type": "coupon", "coupon": coupon["id"]},
        "start": sandbox.now,
        "subscription": None,
        "subscription_item": None,
        **owner,
    }
    sandbox.add(discount)
    if discount["subscription"]:
        sandbox.emit("customer.discount.created", discount)
    return discount


def amount_off(coupon: Object, amount: int) -> int:
    """What a coupon takes off an amount in cents, rounded half up, never more than the amount."""
    if amount <= 0:
        return 0
    if coupon["percent_off"] is not None:
        hundredths = round(float(coupon["percent_off"]) * 100)
        return min(amount, (amount * hundredths + 5_000) // 10_000)
    return min(amount, int(coupon["amount_off"]))


def discounts_off(sandbox: Sandbox, discount_ids: list[str], amount: int) -> list[Object]:
    """What each discount takes off an amount, one after the other, as Stripe lists it."""
    taken = []
    for id_ in discount_ids:
        discount = sandbox.get("discount", id_)
        coupon = sandbox.find("coupon", discount["source"]["coupon"])
        off = amount_off(coupon, amount) if coupon and not coupon.get("deleted") else 0
        amount -= off
        taken.append({"amount": off, "discount": id_})
    return taken


def _is_open(sandbox: Sandbox, redeemed: Object, until: str) -> bool:
    most, end = redeemed["max_redemptions"], redeemed[until]
    return (most is None or redeemed["times_redeemed"] < most) and (end is None or end > sandbox.now)
