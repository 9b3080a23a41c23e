"""What a sandbox remembers, and how it refuses."""

from billing.standin.sandbox.refusals import StripeRefusal, card_declined, invalid, no_such, no_such_in_path
from billing.standin.sandbox.sandbox import API_VERSION, Object, Sandbox, shown

__all__ = [
    "API_VERSION",
    "Object",
    "Sandbox",
    "StripeRefusal",
    "card_declined",
    "invalid",
    "no_such",
    "no_such_in_path",
    "shown",
]
