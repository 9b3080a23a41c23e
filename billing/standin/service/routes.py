"""Which address does what: method, path, the SDK's type of its parameters, and the act."""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple, TypeAlias

from billing.standin.objects import (
    catalogue,
    charges,
    checkout,
    clocks,
    customers,
    disputes,
    following,
    intents,
    invoices,
    invoicing,
    lines,
    paymentmethods,
    portal,
    refunds,
    setups,
    subscriptionchanges,
    subscriptions,
    webhooks,
)
from billing.standin.sandbox import Object
from billing.standin.service import others

Act: TypeAlias = Callable[..., Object]


class Route(NamedTuple):
    """`typed` names the parameters' type; without one nothing is checked (addresses the SDK does not know)."""

    method: str
    pattern: re.Pattern[str]
    typed: str
    act: Act


def _noun(name: str, *verbs: str, typed: str = "", **acts: Act) -> list[Route]:
    """The addresses of a kind: retrieve and list; create, update and delete where the act is given; search as a verb.

    `name`, such as `checkout/sessions`, is the path after `/v1/`. It gives the kind, `checkout.session`, and the start
    of the names of the parameters' types, `checkout.Session`, unless `typed` is given.
    """
    path, kind = f"/v1/{name}", name.replace("/", ".").removesuffix("s")
    package, dot, noun = kind.rpartition(".")
    prefix = typed or f"{package}{dot}{noun.title().replace('_', '')}"
    routes = [
        _route("GET", path, f"{prefix}ListParams", others.lister(kind, path)),
        _route("GET", f"{path}/:id", f"{prefix}RetrieveParams", others.getter(kind)),
    ]
    if "create" in acts:
        routes.append(_route("POST", path, f"{prefix}CreateParams", acts["create"]))
    if "update" in acts:
        routes.append(_route("POST", f"{path}/:id", f"{prefix}UpdateParams", acts["update"]))
    if "delete" in acts:
        routes.append(_route("DELETE", f"{path}/:id", f"{prefix}DeleteParams", acts["delete"]))
    if "search" in verbs:
        routes.insert(0, _route("GET", f"{path}/search", f"{prefix}SearchParams", others.searcher(kind, path)))
    return routes


def _route(method: str, path: str, typed: str, act: Act) -> Route:
    return Route(method, re.compile(re.sub(r":id", r"([A-Za-z0-9_-]{1,255})", path)), typed, act)


@cache
def routes() -> list[Route]:
    """All of them; of two that fit, the first counts."""
    return [*_people(), *_paying(), *_catalogue(), *_billing(), *_selling(), *_around()]


def _people() -> list[Route]:
    return [
        *_noun(
            "customers",
            "search",
            create=customers.customer_create,
            update=customers.customer_update,
            delete=customers.customer_delete,
        ),
        _route("POST", "/v1/customers/:id/tax_ids", "CustomerTaxIdCreateParams", customers.tax_id_create),
        _route("GET", "/v1/customers/:id/tax_ids", "CustomerTaxIdListParams", others.of_customer("tax_id", "tax_ids")),
        _route("GET", "/v1/customers/:id/tax_ids/:id", "CustomerTaxIdRetrieveParams", customers.tax_id_get),
        _route("DELETE", "/v1/customers/:id/tax_ids/:id", "CustomerTaxIdDeleteParams", customers.tax_id_delete),
        _route(
            "GET",
            "/v1/customers/:id/payment_methods",
            "CustomerPaymentMethodListParams",
            others.of_customer("payment_method", "payment_methods"),
        ),
        *_noun("payment_methods", create=paymentmethods.method_create, update=paymentmethods.method_update),
        _route("POST", "/v1/payment_methods/:id/attach", "PaymentMethodAttachParams", paymentmethods.method_attach),
        _route("POST", "/v1/payment_methods/:id/detach", "PaymentMethodDetachParams", paymentmethods.method_detach),
    ]


def _paying() -> list[Route]:
    return [
        *_noun("payment_intents", "search", create=intents.intent_create, update=intents.intent_update),
        _route("POST", "/v1/payment_intents/:id/confirm", "PaymentIntentConfirmParams", intents.intent_confirm_by_id),
        _route("POST", "/v1/payment_intents/:id/capture", "PaymentIntentCaptureParams", intents.intent_capture),
        _route("POST", "/v1/payment_intents/:id/cancel", "PaymentIntentCancelParams", intents.intent_cancel),
        *_noun("setup_intents", create=setups.setup_create),
        _route("POST", "/v1/setup_intents/:id/confirm", "SetupIntentConfirmParams", setups.setup_confirm),
        _route("POST", "/v1/setup_intents/:id/cancel", "SetupIntentCancelParams", setups.setup_cancel),
        *_noun("charges", "search", update=charges.charge_update),
        *_noun("balance_transactions"),
        *_noun("refunds", create=refunds.refund_create, update=refunds.refund_update),
        *_noun("disputes", update=disputes.dispute_update),
        _route("POST", "/v1/disputes/:id/close", "DisputeCloseParams", disputes.dispute_close),
    ]


def _catalogue() -> list[Route]:
    return [
        *_noun(
            "products",
            "search",
            create=catalogue.product_create,
            update=catalogue.product_update,
            delete=catalogue.product_delete,
        ),
        *_noun("prices", "search", create=catalogue.price_create, update=catalogue.price_update),
        *_noun(
            "coupons", create=catalogue.coupon_create, update=catalogue.coupon_update, delete=catalogue.coupon_delete
        ),
        *_noun("promotion_codes", create=catalogue.promotion_create, update=catalogue.promotion_update),
    ]


def _billing() -> list[Route]:
    return [
        *_noun(
            "invoiceitems",
            typed="InvoiceItem",
            create=lines.item_create,
            update=lines.item_update,
            delete=lines.item_delete,
        ),
        _route("POST", "/v1/invoices/create_preview", "InvoiceCreatePreviewParams", others.invoice_preview),
        *_noun(
            "invoices",
            "search",
            create=invoices.invoice_create,
            update=invoices.invoice_update,
            delete=invoices.invoice_delete,
        ),
        _route("POST", "/v1/invoices/:id/finalize", "InvoiceFinalizeInvoiceParams", invoicing.invoice_finalize),
        _route("POST", "/v1/invoices/:id/pay", "InvoicePayParams", invoicing.invoice_pay),
        _route("POST", "/v1/invoices/:id/void", "InvoiceVoidInvoiceParams", invoicing.invoice_void),
        _route("POST", "/v1/invoices/:id/send", "InvoiceSendInvoiceParams", invoicing.invoice_send),
        _route(
            "POST", "/v1/invoices/:id/mark_uncollectible", "InvoiceMarkUncollectibleParams", invoicing.invoice_write_off
        ),
        _route("GET", "/v1/invoices/:id/lines", "InvoiceLineItemListParams", others.invoice_lines),
    ]


def _selling() -> list[Route]:
    return [
        *_noun("invoice_payments"),
        *_noun(
            "subscriptions",
            "search",
            create=subscriptions.subscription_create,
            update=subscriptionchanges.subscription_update,
        ),
        _route("DELETE", "/v1/subscriptions/:id", "SubscriptionCancelParams", subscriptions.subscription_cancel),
        *_noun(
            "subscription_items",
            create=subscriptionchanges.item_create,
            update=subscriptionchanges.item_update,
            delete=subscriptionchanges.item_delete,
        ),
        *_noun("checkout/sessions", create=checkout.session_create, update=checkout.session_update),
        _route("POST", "/v1/checkout/sessions/:id/expire", "checkout.SessionExpireParams", checkout.session_expire),
        _route(
            "GET", "/v1/checkout/sessions/:id/line_items", "checkout.SessionLineItemListParams", others.lines_of_session
        ),
        _route("GET", "/v1/payment_pages/:id", "", others.getter("checkout.session")),
        _route("POST", "/v1/payment_pages/:id/confirm", "", others.page_confirm),
    ]


def _around() -> list[Route]:
    return [
        *_noun("billing_portal/configurations", create=portal.configuration_create, update=portal.configuration_update),
        _route("POST", "/v1/billing_portal/sessions", "billing_portal.SessionCreateParams", portal.portal_create),
        *_noun("events"),
        *_noun(
            "webhook_endpoints",
            create=webhooks.endpoint_create,
            update=webhooks.endpoint_update,
            delete=webhooks.endpoint_delete,
        ),
        *_noun("test_helpers/test_clocks", create=clocks.clock_create, delete=clocks.clock_delete),
        _route(
            "POST",
            "/v1/test_helpers/test_clocks/:id/advance",
            "test_helpers.TestClockAdvanceParams",
            following.clock_advance,
        ),
        _route("GET", "/v1/account", "AccountRetrieveCurrentParams", others.account),
        _route("GET", "/v1/balance", "BalanceRetrieveParams", others.balance),
    ]


def route_of(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of an address and the ids in it."""
    for route in routes():
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, match.groups()
    return None


def is_known(path: str) -> bool:
    return any(route.pattern.fullmatch(path) for route in routes())
