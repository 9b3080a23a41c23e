"""Stripe's SDK on a sandbox in this process, with ids and time of the test's own; every answer is held to its shape."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from billing.standin.sandbox import Object, Sandbox
from billing.standin.service import Answer, Request, answer
from tests.support.stripe_shapes import misshapen

API_KEY = "sk_test_console"
NOON = 1796126400
DAY = 86_400


class Clock:
    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class InProcess(stripe.HTTPClient):
    """What the SDK sends its requests through; `answers` are all that came back, the last at the end."""

    name = "in-process"

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.answers: list[Answer] = []

    def request(self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None) -> Any:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lower = {name.lower(): str(value) for name, value in (headers or {}).items()}
        done = answer(self.sandbox, Request(method.upper(), target, lower, post_data or ""), API_KEY)
        self.answers.append(done)
        body = json.loads(done.body)
        assert misshapen(body.get("error", body)) == []
        if done.is_lost:
            raise stripe.APIConnectionError("the answer was lost")
        return done.body, done.status, done.headers

    def close(self) -> None:
        """There is nothing to close."""


class World:
    """A sandbox, its clock, and the SDK's client on it. `api` is `client.v1`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.sandbox = Sandbox(seed="a test's", clock=self.clock)
        self.http = InProcess(self.sandbox)
        self.client = stripe.StripeClient(API_KEY, http_client=self.http, max_network_retries=0)
        self.api = self.client.v1

    @property
    def events(self) -> list[str]:
        """What has happened, in order."""
        return [event["type"] for event in self.sandbox.records.get("event", {}).values()]

    @contextmanager
    def happening(self) -> Iterator[list[str]]:
        """The types of the events within the block, in order, once it has ended."""
        before, told = len(self.events), list[str]()
        yield told
        told += self.events[before:]

    @property
    def last(self) -> Answer:
        return self.http.answers[-1]

    def send(self, method: str, target: str, body: str = "", **headers: str) -> Answer:
        """A request as a stranger might write it, past the SDK."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"authorization": f"Bearer {API_KEY}", **named}
        return answer(self.sandbox, Request(method, target, sent, body), API_KEY)

    def customer(self, card: str | None = "pm_card_visa", **given: Any) -> stripe.Customer:
        """A customer with this card as default."""
        customer = self.api.customers.create({"email": "alice@example.com", **given})
        if card is not None:
            method = self.api.payment_methods.attach(card, {"customer": customer.id})
            settings: Any = {"default_payment_method": method.id}
            customer = self.api.customers.update(customer.id, {"invoice_settings": settings})
        return customer

    def card(self, customer: stripe.Customer) -> str:
        return str(customer.invoice_settings.default_payment_method)  # type: ignore[union-attr]

    def charge_off_session(
        self, customer: stripe.Customer, amount: int = 2_000, **options: Any
    ) -> stripe.PaymentIntent:
        asked: Any = {
            "amount": amount,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": self.card(customer),
            "off_session": True,
            "confirm": True,
        }
        return self.api.payment_intents.create(asked, options or None)

    def price(self, cents: int, interval: str = "month") -> str:
        product = self.api.products.create({"name": "Team"})
        recurring: Any = {"interval": interval}
        given: Any = {"product": product.id, "unit_amount": cents, "currency": "usd", "recurring": recurring}
        return self.api.prices.create(given).id

    def checkout(self, **given: Any) -> stripe.checkout.Session:
        """A session for $20 of credit."""
        data = {"currency": "usd", "unit_amount": 2_000, "product_data": {"name": "Credit"}}
        asked: Any = {
            "mode": "payment",
            "success_url": "http://console.test/paid?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://console.test/billing",
            "line_items": [{"price_data": data, "quantity": 1}],
            **given,
        }
        return self.api.checkout.sessions.create(asked)

    def event(self, kind: str) -> Object:
        """The newest event of this type."""
        return next(event for event in self.sandbox.every("event") if event["type"] == kind)


@contextmanager
def declined() -> Iterator["pytest.ExceptionInfo[stripe.CardError]"]:
    with pytest.raises(stripe.CardError) as raised:
        yield raised


@contextmanager
def refused(said: str) -> Iterator["pytest.ExceptionInfo[stripe.InvalidRequestError]"]:
    with pytest.raises(stripe.InvalidRequestError, match=said) as raised:
        yield raised
