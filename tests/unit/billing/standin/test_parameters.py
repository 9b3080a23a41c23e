"""What callers send is held against the SDK's own types."""

import pytest
from typing_extensions import is_typeddict

from billing.standin.parameters import check, form_read, parameters_of
from billing.standin.sandbox import StripeRefusal
from billing.standin.service.routes import routes

INTENT = "amount=2000&currency=usd"


def test_text_becomes_what_the_types_say() -> None:
    sent = f"{INTENT}&confirm=true&metadata[topup]=top_1&payment_method_types[]=card&expand[0]=customer"
    assert check(form_read(sent), parameters_of("PaymentIntentCreateParams")) == {
        "amount": 2000,
        "currency": "usd",
        "confirm": True,
        "metadata": {"topup": "top_1"},
        "payment_method_types": ["card"],
        "expand": ["customer"],
    }


@pytest.mark.parametrize(
    ("typed", "sent", "param", "said"),
    [
        ("PaymentIntentCreateParams", "amount=2000", "currency", "Missing required param: currency."),
        ("PaymentIntentCreateParams", f"{INTENT}&colour=red", "colour", "Received unknown parameter: colour"),
        ("PaymentIntentCreateParams", f"{INTENT}&api_key=sk_live", "api_key", "Received unknown parameter: api_key"),
        ("PaymentIntentCreateParams", f"{INTENT}&confirm=yes", "confirm", "Invalid boolean: yes"),
        ("PaymentIntentCreateParams", "amount=20.00&currency=usd", "amount", "Invalid integer: 20.00"),
        (
            "PaymentIntentCreateParams",
            f"{INTENT}&capture_method=later",
            "capture_method",
            "Invalid capture_method: must be one of automatic, automatic_async, or manual",
        ),
        ("PaymentIntentCreateParams", f"{INTENT}&metadata[{'k' * 41}]=v", "metadata", "Metadata keys can have"),
        ("PaymentIntentCreateParams", f"{INTENT}&metadata[k]={'v' * 501}", "metadata[k]", "Metadata values can have"),
        (
            "checkout.SessionCreateParams",
            "line_items[0][price_data][product_data][colour]=red&line_items[0][price_data][currency]=usd",
            "line_items[0][price_data][product_data][colour]",
            "Received unknown parameter",
        ),
        ("SubscriptionCreateParams", "customer=cus_1&items[0][quantity]=two", "items[0][quantity]", "Invalid integer"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(typed: str, sent: str, param: str, said: str) -> None:
    with pytest.raises(StripeRefusal, match=said.replace("[", r"\[")) as refused:
        check(form_read(sent), parameters_of(typed))
    assert (refused.value.status, refused.value.error["param"]) == (400, param)


@pytest.mark.parametrize(
    "sent",
    [
        "&".join(f"a{number}=1" for number in range(1_001)),
        "a" + "[b]" * 8 + "=1",
        "a=1&a[b]=2",
        "[]=1",
        "a=%ff",
    ],
)
def test_a_form_that_is_none_is_refused(sent: str) -> None:
    with pytest.raises(StripeRefusal):
        form_read(sent)


def test_lists_keep_the_order_of_their_numbers() -> None:
    assert form_read("a[10]=k&a[2]=c&b[][c]=1&b[][c]=2") == {"a": ["c", "k"], "b": [{"c": "1"}, {"c": "2"}]}


def test_every_address_names_a_type_of_the_sdk() -> None:
    named = {route.typed for route in routes() if route.typed}
    assert len(named) > 90
    assert [name for name in named if not is_typeddict(parameters_of(name))] == []
