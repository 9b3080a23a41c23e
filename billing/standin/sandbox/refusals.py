"""Errors in Stripe's form: a status, and an `error` object that the SDK turns into an exception of its own."""

from typing import Any


class StripeRefusal(Exception):
    """A request that is answered with an error; `body` is what Stripe's client expects.

    `keeps`: what was done before stays, as with an intent whose card was declined. Otherwise the request has no effect.
    """

    keeps = False

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error", **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": kind, "message": message}
        self.error |= {name: value for name, value in fields.items() if value is not None}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeRefusal:
    """A parameter that makes no sense (400)."""
    return StripeRefusal(message, param=param, code=code)


def no_such(kind: str, id_: str, param: str) -> StripeRefusal:
    """A parameter names an object that is not there (400)."""
    return invalid(f"No such {kind}: '{id_}'", param=param, code="resource_missing")


def no_such_in_path(kind: str, id_: str) -> StripeRefusal:
    """The address names an object that is not there (404)."""
    return StripeRefusal(f"No such {kind}: '{id_}'", status=404, param="id", code="resource_missing")


def card_declined(code: str, decline_code: str | None, message: str, **fields: Any) -> StripeRefusal:
    """The card's bank says no, or asks for authentication (402)."""
    return StripeRefusal(message, status=402, kind="card_error", code=code, decline_code=decline_code, **fields)
