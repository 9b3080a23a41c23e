"""Acts that belong to no kind: reading and listing, previews, the account, the CLI's way through a pay page."""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from billing.standin.objects.checkoutlines import session_lines
from billing.standin.objects.checkoutpaying import session_pay
from billing.standin.objects.paymentmethods import method_named
from billing.standin.objects.periods import invoice_for
from billing.standin.objects.subscriptionchanges import item_get, items_every, subscription_update
from billing.standin.sandbox import Object, Sandbox, invalid, shown
from billing.standin.service.listing import page, unended
from billing.standin.service.searching import search

Act: TypeAlias = Callable[..., Object]


# Kinds whose lists are not simply all there are.
EVERY: Final[dict[str, Callable[[Sandbox, Object], Iterable[Object]]]] = {
    "subscription": unended,
    "subscription_item": lambda sandbox, given: items_every(sandbox),
}


def getter(kind: str) -> Act:
    if kind == "subscription_item":
        return item_get
    return lambda sandbox, given, id_: sandbox.get(kind, id_)


def lister(kind: str, url: str) -> Act:
    def listed(sandbox: Sandbox, given: Object) -> Object:
        records = every(sandbox, given) if (every := EVERY.get(kind)) else sandbox.every(kind)
        return page(records, given, url, kind)

    return listed


def searcher(kind: str, path: str) -> Act:
    return lambda sandbox, given: search(sandbox, kind, given, f"{path}/search")


def of_customer(kind: str, part: str) -> Act:
    def listed(sandbox: Sandbox, given: Object, customer_id: str) -> Object:
        sandbox.get("customer", customer_id)
        records = (each for each in sandbox.every(kind) if each["customer"] == customer_id)
        return page(records, given, f"/v1/customers/{customer_id}/{part}", kind)

    return listed


def invoice_lines(sandbox: Sandbox, given: Object, id_: str) -> Object:
    invoice = sandbox.get("invoice", id_)
    return page(invoice["lines"]["data"], given, invoice["lines"]["url"], "line_item")


def lines_of_session(sandbox: Sandbox, given: Object, id_: str) -> Object:
    lines = session_lines(sandbox, sandbox.get("checkout.session", id_))
    return page(lines, given, f"/v1/checkout/sessions/{id_}/line_items", "item")


def invoice_preview(sandbox: Sandbox, given: Object) -> Object:
    """What a subscription's next invoice would say, after the changes that are asked about; nothing is kept."""
    if not given.get("subscription"):
        raise invalid("This sandbox previews invoices of subscriptions only.", param="subscription")
    subscription = sandbox.get("subscription", given["subscription"], "subscription")
    changes = dict(given.get("subscription_details") or {})
    at_once = changes.get("proration_behavior") == "always_invoice"
    try:
        if changes.get("items"):
            changes["proration_behavior"] = (
                "none" if changes.get("proration_behavior") == "none" else "create_prorations"
            )
            subscription_update(sandbox, changes, subscription["id"])
        invoice = invoice_for(sandbox, subscription, "upcoming", only_pending=at_once)
        previewed: Object = shown(invoice)
    finally:
        sandbox.roll_back()
    return {**previewed, "id": "upcoming_in_preview", "billing_reason": "upcoming"}


def page_confirm(sandbox: Sandbox, given: Object, id_: str) -> Object:
    """Pay a session without its page, as Stripe's command line does."""
    session = sandbox.get("checkout.session", id_)
    method = method_named(sandbox, str(given.get("payment_method", "")), "payment_method")
    expected = str(given.get("expected_amount", session["amount_total"]))
    if expected != str(session["amount_total"]):
        raise invalid("The expected amount is not the session's amount.", param="expected_amount")
    session_pay(sandbox, session, method)
    return session


def account(sandbox: Sandbox, given: Object) -> Object:
    return {
        "id": "acct_1TestPayments0",
        "object": "account",
        "business_type": "company",
        "charges_enabled": True,
        "country": "US",
        "created": sandbox.now,
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }


def balance(sandbox: Sandbox, given: Object) -> Object:
    moved = sum(each["net"] for each in sandbox.every("balance_transaction"))
    total = {"amount": moved, "currency": "usd", "source_types": {"card": moved}}
    none = {"amount": 0, "currency": "usd", "source_types": {"card": 0}}
    return {"object": "balance", "available": [none], "livemode": False, "pending": [total]}
