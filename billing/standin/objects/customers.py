"""Customers and their tax ids."""

import re
from typing import Final

from billing.standin.objects.changes import address_of, deletion, merged_metadata, settled
from billing.standin.objects.paymentmethods import method_attach_to, method_owned
from billing.standin.sandbox import Object, Sandbox, invalid

EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
SETTABLE: Final = ("balance", "description", "email", "name", "phone", "preferred_locales", "tax_exempt", "shipping")
# As far as a mistake in them can be seen: the European VAT numbers, and one that is not a VAT number at all.
TAX_ID_FORMS: Final = {"eu_vat": re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}"), "us_ein": re.compile(r"\d{2}-\d{7}")}


def customer_create(sandbox: Sandbox, given: Object) -> Object:
    _check_email(given)
    if clock := given.get("test_clock"):
        sandbox.get("test_helpers.test_clock", clock, "test_clock")
    id_ = sandbox.new_id("cus", 14)
    customer: Object = {
        "id": id_,
        "object": "customer",
        "address": address_of(given.get("address")),
        "balance": given.get("balance", 0),
        "created": sandbox.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": given.get("description"),
        "discount": None,
        "email": given.get("email"),
        "invoice_prefix": id_[-8:].upper(),
        "invoice_settings": _invoice_settings({}, {}),
        "livemode": False,
        "metadata": merged_metadata({}, given.get("metadata")),
        "name": given.get("name"),
        "next_invoice_sequence": 1,
        "phone": given.get("phone"),
        "preferred_locales": given.get("preferred_locales", []),
        "shipping": given.get("shipping"),
        "tax_exempt": given.get("tax_exempt") or "none",
        "test_clock": clock or None,
    }
    sandbox.add(customer)
    for tax_id in given.get("tax_id_data", []):
        tax_id_create(sandbox, tax_id, id_)
    if method := given.get("payment_method"):
        method_attach_to(sandbox, method, customer)
    _resolve_default(sandbox, customer, given)
    sandbox.update(customer, {"invoice_settings": _invoice_settings({}, given)})
    sandbox.emit("customer.created", customer)
    return customer


def customer_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    customer = live_customer(sandbox, id_)
    _check_email(given)
    _resolve_default(sandbox, customer, given)
    changes = settled(given, customer, SETTABLE)
    if "address" in given:
        changes["address"] = address_of(given["address"] or None)
    if "invoice_settings" in given:
        changes["invoice_settings"] = _invoice_settings(customer["invoice_settings"], given)
    return sandbox.update(customer, changes, "customer.updated")


def customer_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    customer = live_customer(sandbox, id_)
    for method in sandbox.every("payment_method"):
        if method["customer"] == id_:
            sandbox.update(method, {"customer": None})
    return deletion(sandbox, customer, "customer.deleted")


def live_customer(sandbox: Sandbox, id_: str, param: str | None = None) -> Object:
    """A customer that can be acted on; a deleted one can only be looked at."""
    customer = sandbox.get("customer", id_, param)
    return sandbox.get("customer", id_, param or "id") if customer.get("deleted") else customer


def tax_id_create(sandbox: Sandbox, given: Object, customer_id: str) -> Object:
    live_customer(sandbox, customer_id)
    form = TAX_ID_FORMS.get(given["type"])
    if form is not None and not form.fullmatch(given["value"].replace(" ", "")):
        raise invalid(f"Invalid value for {given['type']}.", param="value", code="tax_id_invalid")
    tax_id: Object = {
        "id": sandbox.new_id("txi"),
        "object": "tax_id",
        "country": given["value"][:2] if given["type"] == "eu_vat" else given["type"][:2].upper(),
        "created": sandbox.now,
        "customer": customer_id,
        "livemode": False,
        "owner": {"type": "customer", "customer": customer_id},
        "type": given["type"],
        "value": given["value"],
        "verification": {"status": "pending", "verified_address": None, "verified_name": None},
    }
    sandbox.add(tax_id)
    sandbox.emit("customer.tax_id.created", tax_id)
    return tax_id


def tax_id_get(sandbox: Sandbox, given: Object, customer_id: str, id_: str) -> Object:
    live_customer(sandbox, customer_id)
    return sandbox.get("tax_id", id_)


def tax_id_delete(sandbox: Sandbox, given: Object, customer_id: str, id_: str) -> Object:
    return deletion(sandbox, tax_id_get(sandbox, given, customer_id, id_), "customer.tax_id.deleted")


def _check_email(given: Object) -> None:
    if given.get("email") and not EMAIL.fullmatch(given["email"]):
        raise invalid(f"Invalid email address: {given['email']}", param="email", code="email_invalid")


def _resolve_default(sandbox: Sandbox, customer: Object, given: Object) -> None:
    """A default payment method has to be attached to the customer; a test token is the card it has just made."""
    settings = given.get("invoice_settings") or {}
    if method := settings.get("default_payment_method"):
        owned = method_owned(sandbox, method, customer, "invoice_settings[default_payment_method]")
        settings["default_payment_method"] = owned["id"]


def _invoice_settings(present: Object, given: Object) -> Object:
    empty: Object = {"custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None}
    sent = given.get("invoice_settings") or {}
    return {**empty, **present, **{name: value or None for name, value in sent.items()}}
