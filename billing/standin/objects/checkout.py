"""Checkout sessions: what is to be paid, and what becomes of the session once it is."""

from typing import Any, Final

from billing.standin.objects.blanks import blank
from billing.standin.objects.catalogue import price_create
from billing.standin.objects.changes import merged_metadata
from billing.standin.objects.checkoutlines import session_add_up, session_invoice
from billing.standin.objects.discounts import coupon_of, discount_redeem, promotion_by_code
from billing.standin.objects.invoices import automatic_tax
from billing.standin.objects.subscriptions import subscription_create
from billing.standin.objects.times import at
from billing.standin.sandbox import Object, Sandbox, invalid

OPEN_SECONDS: Final = 24 * 3600
LEAST_OPEN_SECONDS: Final = 30 * 60
INTENDED: Final = ("payment_intent", "setup_intent", "subscription")
ECHOED: Final = (
    *("allow_promotion_codes", "billing_address_collection", "cancel_url", "client_reference_id", "customer_email"),
    *("locale", "payment_method_collection", "success_url"),
)


def session_create(sandbox: Sandbox, given: Object) -> Object:
    mode = given.get("mode") or ("setup" if not given.get("line_items") else "payment")
    _check(sandbox, given, mode)
    lines = [_line(sandbox, line, index) for index, line in enumerate(given.get("line_items") or [])]
    expires = given.get("expires_at", sandbox.now + OPEN_SECONDS)
    if not sandbox.now + LEAST_OPEN_SECONDS <= expires <= sandbox.now + OPEN_SECONDS:
        raise invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours ahead.", param="expires_at")
    id_ = sandbox.new_id("cs_test", 40)
    tax = automatic_tax(given)
    session: Object = {
        **blank("checkout.session"),
        "id": id_,
        **{name: given.get(name) for name in ECHOED},
        "automatic_tax": {name: tax[name] for name in ("enabled", "liability", "provider", "status")},
        "created": sandbox.now,
        "currency": lines[0]["currency"] if lines else (given.get("currency") or None),
        "customer": given.get("customer"),
        "customer_creation": _customer_creation(given, mode),
        "expires_at": expires,
        "invoice_creation": _invoice_creation(given) if mode == "payment" else None,
        "metadata": merged_metadata({}, given.get("metadata")),
        "mode": mode,
        "payment_method_types": given.get("payment_method_types") or ["card"],
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "saved_payment_method_options": given.get("saved_payment_method_options"),
        "tax_id_collection": {
            "enabled": bool((given.get("tax_id_collection") or {}).get("enabled")),
            "required": "never",
        },
        "url": f"{sandbox.base_url}/pay/{id_}",
        "_lines": lines,
        "_given": {name: given.get(f"{name}_data") or {} for name in INTENDED},
    }
    sandbox.add(session)
    for discount in given.get("discounts") or []:
        _discount(sandbox, session, discount)
    session_add_up(sandbox, session)
    at(sandbox, "session_expire", id_, expires)
    return session


def session_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    session = sandbox.get("checkout.session", id_)
    return sandbox.update(session, {"metadata": merged_metadata(session["metadata"], given.get("metadata"))})


def session_expire(sandbox: Sandbox, given: Object, id_: str) -> Object:
    session = sandbox.get("checkout.session", id_)
    if session["status"] != "open":
        raise invalid(f"Only Checkout Sessions with a status of open can be expired; this one is {session['status']}.")
    sandbox.update(session, {"status": "expired", "url": None})
    sandbox.emit("checkout.session.expired", session)
    return session


def session_promote(sandbox: Sandbox, session: Object, code: str) -> None:
    """Apply a promotion code that somebody typed on the pay page. Raises StripeRefusal when it is none."""
    promotion = promotion_by_code(sandbox, code)
    _discount(sandbox, session, {"promotion_code": promotion["id"]})
    session_add_up(sandbox, session)


def session_follow(sandbox: Sandbox, session: Object, settled: Object) -> None:
    """An intent of this session has been settled: complete the session, or tell how a debit ended."""
    status = settled["status"]
    if session["status"] == "complete":
        if session["payment_status"] == "unpaid" and status == "succeeded":
            sandbox.update(session, {"payment_status": "paid"})
            session_invoice(sandbox, session, settled)
            sandbox.emit("checkout.session.async_payment_succeeded", session)
        elif status == "requires_payment_method":
            sandbox.emit("checkout.session.async_payment_failed", session)
    elif settled["object"] == "setup_intent" and session["mode"] == "subscription":
        _subscribe(sandbox, session, settled)
    elif status in ("succeeded", "processing"):
        if session["mode"] == "payment" and status == "succeeded":
            sandbox.update(session, {"payment_status": "paid"})
            session_invoice(sandbox, session, settled)
        session_complete(sandbox, session)


def session_complete(sandbox: Sandbox, session: Object) -> None:
    sandbox.update(session, {"status": "complete", "url": None})
    sandbox.emit("checkout.session.completed", session)


def _subscribe(sandbox: Sandbox, session: Object, setup: Object) -> None:
    """The card is saved and its holder has authenticated: begin the subscription with it."""
    method = sandbox.get("payment_method", setup["payment_method"])
    sandbox.update(method, {"_authenticated": True})
    data = session["_given"]["subscription"]
    items = [{"price": line["price"], "quantity": line["quantity"]} for line in session["_lines"]]
    asked: dict[str, Any] = {"customer": session["customer"], "items": items, "default_payment_method": method["id"]}
    asked |= {
        name: data[name] for name in ("metadata", "description", "trial_period_days", "trial_end") if name in data
    }
    asked |= {
        "automatic_tax": {"enabled": session["automatic_tax"]["enabled"]},
        "payment_behavior": "error_if_incomplete",
    }
    asked["discounts"] = [{name: value for name, value in each.items() if value} for each in session["discounts"]]
    subscription = subscription_create(sandbox, asked)
    invoice = subscription["latest_invoice"]
    sandbox.update(session, {"subscription": subscription["id"], "invoice": invoice, "payment_status": "paid"})
    session_complete(sandbox, session)


def _check(sandbox: Sandbox, given: Object, mode: str) -> None:
    if given.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("This sandbox has hosted pages only.", param="ui_mode")
    if not given.get("success_url"):
        raise invalid("Missing required param: success_url.", param="success_url", code="parameter_missing")
    for name in ("success_url", "cancel_url"):
        if given.get(name) and not given[name].startswith(("https://", "http://")):
            raise invalid("Not a valid URL", param=name, code="url_invalid")
    _check_mode(given, mode)
    for one, other in (("allow_promotion_codes", "discounts"), ("customer", "customer_email")):
        if given.get(one) and given.get(other):
            raise invalid(f"You may only specify one of these parameters: {one}, {other}.")
    if given.get("customer"):
        sandbox.get("customer", given["customer"], "customer")


def _check_mode(given: Object, mode: str) -> None:
    if mode == "setup" and given.get("line_items"):
        raise invalid("You can not pass `line_items` in `setup` mode.", param="line_items")
    if mode != "setup" and not given.get("line_items"):
        raise invalid("You must pass line_items in this mode.", param="line_items", code="parameter_missing")
    for name, wanted in (("payment_intent", "payment"), ("setup_intent", "setup"), ("subscription", "subscription")):
        if given.get(f"{name}_data") and mode != wanted:
            raise invalid(f"You can not pass `{name}_data` in `{mode}` mode.", param=f"{name}_data")


def _line(sandbox: Sandbox, given: Object, index: int) -> Object:
    """A line as the session notes it: price, quantity, amount, words."""
    param = f"line_items[{index}]"
    if "price_data" in given:
        price = price_create(sandbox, {**given["price_data"], "active": False})
    else:
        price = sandbox.get("price", given.get("price", ""), f"{param}[price]")
    quantity = given.get("quantity")
    if quantity is None or quantity < 1:
        raise invalid("Quantity is required and at least 1.", param=f"{param}[quantity]")
    product = sandbox.find("product", price["product"]) or {}
    amount = price["unit_amount"] * quantity
    words = {"description": product.get("name", price["product"]), "currency": price["currency"]}
    return {"id": sandbox.new_id("li"), "price": price["id"], "quantity": quantity, "amount": amount, **words}


def _discount(sandbox: Sandbox, session: Object, given: Object) -> None:
    """Note a discount; a subscription redeems it for itself."""
    coupon, promotion = coupon_of(sandbox, given, "discounts[0]")
    shown = {"coupon": None if promotion else coupon["id"], "promotion_code": promotion["id"] if promotion else None}
    sandbox.update(session, {"discounts": [shown]})
    if session["mode"] == "payment":
        owner = {"checkout_session": session["id"]}
        discount = discount_redeem(sandbox, given, session["customer"], "discounts[0]", **owner)
        sandbox.update(session, {"_discounts": [discount["id"]]})


def _customer_creation(given: Object, mode: str) -> str | None:
    if given.get("customer"):
        return None
    return str(given.get("customer_creation") or ("if_required" if mode == "payment" else "always"))


def _invoice_creation(given: Object) -> Object:
    asked = given.get("invoice_creation") or {"enabled": False}
    names = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
    data = {**dict.fromkeys(names), "metadata": {}, **(asked.get("invoice_data") or {})}
    return {"enabled": asked["enabled"], "invoice_data": data}
