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


def _noun(path: str, kind: str, typed: str, verbs: str = "", **acts: Act) -> list[Route]:
    """The addresses of a kind: create, retrieve, update, list, and `delete` where the act is given."""
    package, _, name = typed.rpartition(".")
    prefix = f"{package}.{name}" if package else name
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
            "/v1/customers",
            "customer",
            "Customer",
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
        *_noun(
            "/v1/payment_methods",
            "payment_method",
            "PaymentMethod",
            create=paymentmethods.method_create,
            update=paymentmethods.method_update,
        ),
        _route("POST", "/v1/payment_methods/:id/attach", "PaymentMethodAttachParams", paymentmethods.method_attach),
        _route("POST", "/v1/payment_methods/:id/detach", "PaymentMethodDetachParams", paymentmethods.method_detach),
    ]


def _paying() -> list[Route]:
    return [
        *_noun(
            "/v1/payment_intents",
            "payment_intent",
            "PaymentIntent",
            "search",
            create=intents.intent_create,
            update=intents.intent_update,
        ),
        _route("POST", "/v1/payment_intents/:id/confirm", "PaymentIntentConfirmParams", intents.intent_confirm_by_id),
        _route("POST", "/v1/payment_intents/:id/capture", "PaymentIntentCaptureParams", intents.intent_capture),
        _route("POST", "/v1/payment_intents/:id/cancel", "PaymentIntentCancelParams", intents.intent_cancel),
        *_noun("/v1/setup_intents", "setup_intent", "SetupIntent", create=setups.setup_create),
        _route("POST", "/v1/setup_intents/:id/confirm", "SetupIntentConfirmParams", setups.setup_confirm),
        _route("POST", "/v1/setup_intents/:id/cancel", "SetupIntentCancelParams", setups.setup_cancel),
        *_noun("/v1/charges", "charge", "Charge", "search", update=charges.charge_update),
        *_noun("/v1/balance_transactions", "balance_transaction", "BalanceTransaction"),
        *_noun("/v1/refunds", "refund", "Refund", create=refunds.refund_create, update=refunds.refund_update),
        *_noun("/v1/disputes", "dispute", "Dispute", update=disputes.dispute_update),
        _route("POST", "/v1/disputes/:id/close", "DisputeCloseParams", disputes.dispute_close),
    ]


def _catalogue() -> list[Route]:
    return [
        *_noun(
            "/v1/products",
            "product",
            "Product",
            "search",
            create=catalogue.product_create,
            update=catalogue.product_update,
            delete=catalogue.product_delete,
        ),
        *_noun("/v1/prices", "price", "Price", "search", create=catalogue.price_create, update=catalogue.price_update),
        *_noun(
            "/v1/coupons",
            "coupon",
            "Coupon",
            create=catalogue.coupon_create,
            update=catalogue.coupon_update,
            delete=catalogue.coupon_delete,
        ),
        *_noun(
            "/v1/promotion_codes",
            "promotion_code",
            "PromotionCode",
            create=catalogue.promotion_create,
            update=catalogue.promotion_update,
        ),
    ]


def _billing() -> list[Route]:
    return [
        *_noun(
            "/v1/invoiceitems",
            "invoiceitem",
            "InvoiceItem",
            create=lines.item_create,
            update=lines.item_update,
            delete=lines.item_delete,
        ),
        _route("POST", "/v1/invoices/create_preview", "InvoiceCreatePreviewParams", others.invoice_preview),
        *_noun(
            "/v1/invoices",
            "invoice",
            "Invoice",
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
        *_noun("/v1/invoice_payments", "invoice_payment", "InvoicePayment"),
        *_noun(
            "/v1/subscriptions",
            "subscription",
            "Subscription",
            "search",
            create=subscriptions.subscription_create,
            update=subscriptionchanges.subscription_update,
        ),
        _route("DELETE", "/v1/subscriptions/:id", "SubscriptionCancelParams", subscriptions.subscription_cancel),
        *_noun(
            "/v1/subscription_items",
            "subscription_item",
            "SubscriptionItem",
            create=subscriptionchanges.item_create,
            update=subscriptionchanges.item_update,
            delete=subscriptionchanges.item_delete,
        ),
        *_noun(
            "/v1/checkout/sessions",
            "checkout.session",
            "checkout.Session",
            create=checkout.session_create,
            update=checkout.session_update,
        ),
        _route("POST", "/v1/checkout/sessions/:id/expire", "checkout.SessionExpireParams", checkout.session_expire),
        _route(
            "GET", "/v1/checkout/sessions/:id/line_items", "checkout.SessionLineItemListParams", others.lines_of_session
        ),
        _route("GET", "/v1/payment_pages/:id", "", others.getter("checkout.session")),
        _route("POST", "/v1/payment_pages/:id/confirm", "", others.page_confirm),
    ]


def _around() -> list[Route]:
    return [
        *_noun(
            "/v1/billing_portal/configurations",
            "billing_portal.configuration",
            "billing_portal.Configuration",
            create=portal.configuration_create,
            update=portal.configuration_update,
        ),
        _route("POST", "/v1/billing_portal/sessions", "billing_portal.SessionCreateParams", portal.portal_create),
        *_noun("/v1/events", "event", "Event"),
        *_noun(
            "/v1/webhook_endpoints",
            "webhook_endpoint",
            "WebhookEndpoint",
            create=webhooks.endpoint_create,
            update=webhooks.endpoint_update,
            delete=webhooks.endpoint_delete,
        ),
        *_noun(
            "/v1/test_helpers/test_clocks",
            "test_helpers.test_clock",
            "test_helpers.TestClock",
            create=clocks.clock_create,
            delete=clocks.clock_delete,
        ),
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
