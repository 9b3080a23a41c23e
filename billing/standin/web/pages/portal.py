"""The billing portal's page: cards, who invoices are made out to, subscriptions, invoices."""

from collections.abc import Callable
from html import escape
from typing import Any, Final

from billing.standin.objects.charges import money_text
from billing.standin.objects.customers import customer_update, tax_id_create, tax_id_delete
from billing.standin.objects.paymentmethods import method_detach, method_owned
from billing.standin.objects.setups import setup_create
from billing.standin.objects.subscriptionchanges import subscription_update
from billing.standin.objects.times import date_text
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, invalid
from billing.standin.service import perform
from billing.standin.web.exchange import Exchange, form_of
from billing.standin.web.html import Shown, alert, choices, field, form, hidden, link, message, page, redirect, section
from billing.standin.web.pages.methods import CARDS, method_chosen, method_words

OPEN_SECONDS: Final = 3_600
INVOICES: Final = 24


def portal_page(sandbox: Sandbox, exchange: Exchange, secret: str) -> Shown:
    session = next((each for each in sandbox.every("billing_portal.session") if each["_secret"] == secret), None)
    customer = sandbox.find("customer", session["customer"]) if session else None
    if session is None or customer is None or customer.get("deleted"):
        return message("Not found", "There is no such page.", 404)
    if session["created"] + OPEN_SECONDS < sandbox.now:
        return message("Expired", "This page has expired. Go back and open it again.", 410)
    if exchange.method != "POST":
        return _show(sandbox, session, customer, None, {})
    fields = form_of(exchange)
    try:
        done = perform(sandbox, lambda: _act(sandbox, session, customer, fields))
    except StripeRefusal as refusal:
        return _show(sandbox, session, customer, str(refusal), fields, status=402)
    waits = isinstance(done, dict) and done.get("status") == "requires_action"
    return redirect(f"/authenticate/{done['client_secret']}" if waits else f"/portal/{secret}")


def _act(sandbox: Sandbox, session: Object, customer: Object, fields: dict[str, str]) -> Any:
    act = ACTS.get(fields.get("act", ""))
    if act is None:
        raise invalid("Nothing was chosen.")
    return act(sandbox, {**session, "_customer": customer}, fields)


def _add(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Object:
    method = method_chosen(sandbox, fields.get("method", ""), {})
    given = {"customer": session["customer"], "payment_method": method["id"], "confirm": True}
    setup = setup_create(sandbox, {**given, "return_url": session["url"]})
    if setup["status"] == "succeeded" and not session["_customer"]["invoice_settings"]["default_payment_method"]:
        _default(sandbox, session, {"method": method["id"]})
    return setup


def _default(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Object:
    settings = {"default_payment_method": fields.get("method", "")}
    return customer_update(sandbox, {"invoice_settings": settings}, session["customer"])


def _remove(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Object:
    method = method_owned(sandbox, fields.get("method", ""), session["_customer"], "method")
    return method_detach(sandbox, {}, method["id"])


def _details(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Object:
    """Who invoices are made out to; a tax id replaces the one before."""
    customer_id = session["customer"]
    address = {name: fields.get(name) for name in ("line1", "city", "postal_code", "country")}
    given = {"name": fields.get("name"), "email": fields.get("email"), "address": address}
    updated = customer_update(sandbox, given, customer_id)
    present = [each for each in sandbox.every("tax_id") if each["customer"] == customer_id]
    value = fields.get("tax_id", "").strip()
    if value != (present[0]["value"] if present else ""):
        for each in present:
            tax_id_delete(sandbox, {}, customer_id, each["id"])
        if value:
            kind = "us_ein" if value[:1].isdigit() else "eu_vat"
            tax_id_create(sandbox, {"type": kind, "value": value}, customer_id)
    return updated


def _end(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Object:
    return _subscription(sandbox, session, fields, ends=True)


def _resume(sandbox: Sandbox, session: Object, fields: dict[str, str]) -> Object:
    return _subscription(sandbox, session, fields, ends=False)


def _subscription(sandbox: Sandbox, session: Object, fields: dict[str, str], *, ends: bool) -> Object:
    subscription = sandbox.get("subscription", fields.get("subscription", ""), "subscription")
    if subscription["customer"] != session["customer"]:
        raise invalid("This is not your subscription.")
    return subscription_update(sandbox, {"cancel_at_period_end": ends}, subscription["id"])


ACTS: Final[dict[str, Callable[[Sandbox, Object, dict[str, str]], Object]]] = {
    "add": _add,
    "default": _default,
    "remove": _remove,
    "details": _details,
    "end": _end,
    "resume": _resume,
}


def _show(
    sandbox: Sandbox, session: Object, customer: Object, said: str | None, fields: dict[str, str], status: int = 200
) -> Shown:
    """The page; `fields` is what was typed before, which is kept."""
    back = f"<p>{link(session['return_url'], 'Back')}</p>" if session["return_url"] else ""
    parts = [
        back,
        alert(said),
        section(
            "Cards",
            *_cards(sandbox, customer),
            form("add", choices("method", "Another card", list(CARDS)), button="Add"),
        ),
        section("Invoices are made out to", _who(sandbox, customer, fields)),
        section("Subscriptions", *_subscriptions(sandbox, customer)),
        section("Invoices", *_invoices(sandbox, customer)),
    ]
    return page("Billing", *parts, status=status, leads_to=(session["return_url"],))


def _cards(sandbox: Sandbox, customer: Object) -> list[str]:
    default = customer["invoice_settings"]["default_payment_method"]
    rows = []
    for method in sandbox.every("payment_method"):
        if method["customer"] == customer["id"]:
            named = hidden("method", method["id"])
            words = method_words(method) + (" (default)" if method["id"] == default else "")
            use = "" if method["id"] == default else form("default", named, button="Use for payments", quiet=True)
            rows.append(f"<p>{escape(words)}</p>{use}{form('remove', named, button='Remove', quiet=True)}")
    return rows or ["<p>No card is saved.</p>"]


def _who(sandbox: Sandbox, customer: Object, typed: dict[str, str]) -> str:
    address = customer["address"] or {}
    tax_id = next((each["value"] for each in sandbox.every("tax_id") if each["customer"] == customer["id"]), "")
    labels = {
        "name": ("Name or company", customer["name"]),
        "email": ("E-mail for receipts", customer["email"]),
        "line1": ("Street and number", address.get("line1")),
        "city": ("City", address.get("city")),
        "postal_code": ("Postal code", address.get("postal_code")),
        "country": ("Country (two letters)", address.get("country")),
        "tax_id": ("Tax id (DE123456789, 12-3456789)", tax_id),
    }
    fields = [field(name, label, typed.get(name, present)) for name, (label, present) in labels.items()]
    return form("details", *fields, button="Save")


def _subscriptions(sandbox: Sandbox, customer: Object) -> list[str]:
    rows = []
    for subscription in sandbox.every("subscription"):
        if subscription["customer"] == customer["id"] and subscription["status"] not in (
            "canceled",
            "incomplete_expired",
        ):
            item = subscription["items"]["data"][0]
            amount = money_text(item["price"]["unit_amount"] * item["quantity"], subscription["currency"])
            ends = subscription["cancel_at_period_end"]
            until = f"{'ends' if ends else 'renews'} {date_text(item['current_period_end'])}"
            words = f"{amount}, {subscription['status']}, {until}"
            act, button = ("resume", "Do not end it") if ends else ("end", "End it with this period")
            named = hidden("subscription", subscription["id"])
            rows.append(f"<p>{escape(words)}</p>{form(act, named, button=button, quiet=True)}")
    return rows or ["<p>There are none.</p>"]


def _invoices(sandbox: Sandbox, customer: Object) -> list[str]:
    mine = [each for each in sandbox.every("invoice") if each["customer"] == customer["id"] and each["number"]]
    rows = [
        f"<p>{link(each['hosted_invoice_url'], each['number'])} "
        f"{escape(money_text(each['total'], each['currency']))}, {escape(each['status'])}</p>"
        for each in mine[:INVOICES]
    ]
    return rows or ["<p>There are none.</p>"]
