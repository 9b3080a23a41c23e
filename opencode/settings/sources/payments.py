"""Whether and how the console is paid, read from the environment and checked at start."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from opencode.settings.sources.environment import Environment

LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Payments:
    """`api_host` is where Stripe's API is reached, `pages_url` where a browser finds the stand-in's pages."""

    mode: str
    api_host: str
    secret_key: str
    webhook_secrets: tuple[str, ...]
    test_port: int
    pages_url: str


MIRROR: Final = "billing.mirror.apps.MirrorConfig"


def mirror_apps(payments: Payments) -> list[str]:
    """What is installed besides while payments are on: the mirror, which costs each process memory and time."""
    return [] if payments.mode == "none" else [MIRROR]


def read_payments(environment: Environment, public_url: str, secret_key: str) -> Payments:
    """Raises ImproperlyConfigured when a key is missing, or test payments would be open to strangers.

    The stand-in's key and secret are derived from `secret_key`, the same in every process of a deployment.
    """
    mode = environment.OPENCODE_PAYMENTS
    if mode == "test":
        return _test(environment, public_url, secret_key)
    if mode == "none":
        return Payments("none", "", "", (), 0, "")
    secrets = tuple(filter(None, (each.strip() for each in environment.STRIPE_WEBHOOK_SECRET.split(","))))
    if not environment.STRIPE_SECRET_KEY or not secrets:
        raise ImproperlyConfigured("OPENCODE_PAYMENTS=stripe needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET")
    host = environment.STRIPE_API_HOST.rstrip("/") or "https://api.stripe.com"
    return Payments("stripe", host, environment.STRIPE_SECRET_KEY, secrets, 0, "")


def _test(environment: Environment, public_url: str, secret_key: str) -> Payments:
    port = environment.OPENCODE_TEST_PAYMENTS_PORT
    pages_url = environment.OPENCODE_TEST_PAYMENTS_URL.rstrip("/")
    if not pages_url and urlsplit(public_url).hostname not in LOOPBACK:
        raise ImproperlyConfigured(
            "OPENCODE_PAYMENTS=test gives credit for no money, and OPENCODE_PUBLIC_URL can be reached by others. "
            "Set OPENCODE_TEST_PAYMENTS_URL, the address of the pages to pay on, if you mean it"
        )
    host = environment.STRIPE_API_HOST.rstrip("/") or f"http://127.0.0.1:{port}"
    keys = [f"{prefix}_{_derived(secret_key, prefix)}" for prefix in ("sk_test", "whsec")]
    return Payments("test", host, keys[0], (keys[1],), port, pages_url or f"http://127.0.0.1:{port}")


def _derived(secret_key: str, purpose: str) -> str:
    return hmac.new(secret_key.encode(), f"test payments: {purpose}".encode(), hashlib.sha256).hexdigest()[:32]
