"""Products, prices, coupons and promotion codes."""

from typing import Final

from billing.standin.objects.changes import deletion, merged_metadata, settled
from billing.standin.sandbox import Object, Sandbox, invalid

PRODUCT: Final = (
    "active",
    "description",
    "name",
    "default_price",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
)
INTERVALS: Final = ("day", "week", "month", "year")


def product_create(sandbox: Sandbox, given: Object) -> Object:
    id_ = given.get("id") or sandbox.new_id("prod", 14)
    if sandbox.find("product", id_):
        raise invalid(f"Product already exists: {id_}", param="id", code="resource_already_exists")
    product: Object = {
        "id": id_,
        "object": "product",
        "active": given.get("active", True),
        "created": sandbox.now,
        "default_price": None,
        "description": given.get("description"),
        "images": given.get("images", []),
        "livemode": False,
        "marketing_features": given.get("marketing_features", []),
        "metadata": merged_metadata({}, given.get("metadata")),
        "name": given["name"],
        "package_dimensions": None,
        "shippable": given.get("shippable"),
        "statement_descriptor": given.get("statement_descriptor"),
        "tax_code": given.get("tax_code"),
        "unit_label": given.get("unit_label"),
        "updated": sandbox.now,
        "url": given.get("url"),
    }
    sandbox.add(product)
    sandbox.emit("product.created", product)
    if priced := given.get("default_price_data"):
        product["default_price"] = price_create(sandbox, {**priced, "product": id_})["id"]
    return sandbox.save(product)


def product_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    product = sandbox.get("product", id_)
    if changes := settled(given, product, PRODUCT):
        changes["updated"] = sandbox.now
    return sandbox.update(product, changes, "product.updated")


def product_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    product = sandbox.get("product", id_)
    if any(price["product"] == id_ for price in sandbox.every("price")):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.")
    return deletion(sandbox, product, "product.deleted")


def price_create(sandbox: Sandbox, given: Object) -> Object:
    if "product_data" in given:
        product = product_create(sandbox, given["product_data"])["id"]
    else:
        product = sandbox.get("product", given.get("product", ""), "product")["id"]
    if given.get("unit_amount") is None:
        raise invalid("Missing required param: unit_amount.", param="unit_amount", code="parameter_missing")
    recurring = given.get("recurring")
    price: Object = {
        "id": sandbox.new_id("price"),
        "object": "price",
        "active": given.get("active", True),
        "billing_scheme": given.get("billing_scheme", "per_unit"),
        "created": sandbox.now,
        "currency": given["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": given.get("lookup_key"),
        "metadata": merged_metadata({}, given.get("metadata")),
        "nickname": given.get("nickname"),
        "product": product,
        "recurring": _recurring(recurring) if recurring else None,
        "tax_behavior": given.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": given["unit_amount"],
        "unit_amount_decimal": str(given["unit_amount"]),
    }
    if price["lookup_key"] and any(other["lookup_key"] == price["lookup_key"] for other in sandbox.every("price")):
        raise invalid(f"A price already uses the lookup key {price['lookup_key']}.", param="lookup_key")
    sandbox.add(price)
    sandbox.emit("price.created", price)
    return price


def price_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    price = sandbox.get("price", id_)
    return sandbox.update(
        price, settled(given, price, ("active", "lookup_key", "nickname", "tax_behavior")), "price.updated"
    )


def coupon_create(sandbox: Sandbox, given: Object) -> Object:
    if ("percent_off" in given) == ("amount_off" in given):
        raise invalid("Must provide percent_off or amount_off, and not both.")
    if "amount_off" in given and "currency" not in given:
        raise invalid("You must pass currency when passing amount_off.", param="currency")
    if given.get("duration") == "repeating" and "duration_in_months" not in given:
        raise invalid("You must pass duration_in_months when passing duration=repeating.", param="duration_in_months")
    id_ = given.get("id") or sandbox.new_id("", 8)[1:]
    if sandbox.find("coupon", id_):
        raise invalid(f"Coupon already exists: {id_}", param="id", code="resource_already_exists")
    coupon: Object = {
        "id": id_,
        "object": "coupon",
        "amount_off": given.get("amount_off"),
        "created": sandbox.now,
        "currency": given.get("currency"),
        "duration": given.get("duration", "once"),
        "duration_in_months": given.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": given.get("max_redemptions"),
        "metadata": merged_metadata({}, given.get("metadata")),
        "name": given.get("name"),
        "percent_off": given.get("percent_off"),
        "redeem_by": given.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }
    sandbox.add(coupon)
    sandbox.emit("coupon.created", coupon)
    return coupon


def coupon_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    coupon = sandbox.get("coupon", id_)
    return sandbox.update(coupon, settled(given, coupon, ("name",)), "coupon.updated")


def coupon_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    return deletion(sandbox, sandbox.get("coupon", id_), "coupon.deleted")


def promotion_create(sandbox: Sandbox, given: Object) -> Object:
    coupon = sandbox.get("coupon", given["promotion"].get("coupon", ""), "promotion[coupon]")
    code = given.get("code") or sandbox.new_id("", 8)[1:].upper()
    taken = (other for other in sandbox.every("promotion_code") if other["active"])
    if any(other["code"].lower() == code.lower() for other in taken):
        raise invalid("An active promotion code with this code already exists.", param="code")
    restrictions = {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None}
    promotion: Object = {
        "id": sandbox.new_id("promo"),
        "object": "promotion_code",
        "active": given.get("active", True),
        "code": code,
        "created": sandbox.now,
        "customer": given.get("customer"),
        "expires_at": given.get("expires_at"),
        "livemode": False,
        "max_redemptions": given.get("max_redemptions"),
        "metadata": merged_metadata({}, given.get("metadata")),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": {**restrictions, **given.get("restrictions", {})},
        "times_redeemed": 0,
    }
    sandbox.add(promotion)
    sandbox.emit("promotion_code.created", promotion)
    return promotion


def promotion_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    promotion = sandbox.get("promotion_code", id_)
    return sandbox.update(promotion, settled(given, promotion, ("active",)), "promotion_code.updated")


def _recurring(given: Object) -> Object:
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": given.get("usage_type", "licensed"),
    }
