"""The one way to Stripe, or to its stand-in: a client with time limits, by the settings.

Stripe's package is loaded where it is used: without payments no process pays its memory and its time at the start.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

if TYPE_CHECKING:
    import stripe

API_VERSION: Final = "2026-08-26.dahlia"
"""What the console is written for; other versions name fields differently."""
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0


def stripe_client() -> "stripe.StripeClient":
    """The client. Raises ValueError while payments are `none`."""
    payments = settings.PAYMENTS
    if payments.mode == "none":
        raise ValueError("payments are not set up")
    return _client(payments.api_host, payments.secret_key)


def stripe_error() -> type["stripe.StripeError"]:
    """What every failure of a call is one of."""
    import stripe

    return stripe.StripeError


def stripe_refusals() -> tuple[type["stripe.StripeError"], ...]:
    """The failures after which nothing was done, and a repeat would fail the same way."""
    import stripe

    return stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError


@cache
def _client(host: str, key: str) -> "stripe.StripeClient":
    """It repeats nothing by itself: each call is written down, and is repeated from there."""
    import stripe

    addresses: Any = {"api": host}
    http = stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
    return stripe.StripeClient(
        key, stripe_version=API_VERSION, base_addresses=addresses, http_client=http, max_network_retries=0
    )
