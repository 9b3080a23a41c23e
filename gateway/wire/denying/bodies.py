"""A refusal as a body in the shape of each form. Amounts and ids go into headers, where no agent looks for words."""

from typing import Any, Final

import msgspec

from gateway.providers.kinds import Form
from gateway.wire.denying.words import repeats
from opencode.lib.errors import Denial

_ANTHROPIC: Final = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}
_GOOGLE: Final = {
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
_AMOUNTS: Final = ("limit", "used", "held", "balance", "resets_at", "bound")
PASSING: Final = frozenset({408, 429})
"""Refusals that pass within seconds; agents are meant to repeat these, and those of 500 and above."""


def is_for_good(status: int) -> bool:
    """Whether a refusal of this status must not be repeated."""
    return status < 500 and status not in PASSING


def denial_text(denial: Denial) -> str:
    """The refusal's sentence; its kind's where its own has an amount, or a word by which agents repeat calls."""
    if not is_for_good(denial.status):
        return denial.default_message
    return next(filter(_is_clean, (denial.message, denial.default_message)), Denial.default_message)


def _is_clean(text: str) -> bool:
    return not any(character.isdigit() for character in text) and not repeats(text)


def denial_status(denial: Denial) -> int:
    """A conflict would be repeated, and few clients know the rarer ones."""
    return 400 if denial.status in {405, 409, 415, 422, 426, 431} else denial.status


def denial_body(form: Form, denial: Denial) -> bytes:
    """The body of the refusal in the form's shape."""
    return error_body(form, denial_status(denial), denial.code, denial_text(denial))


def error_body(form: Form, status: int, code: str, message: str) -> bytes:
    """`code` is ours; Anthropic's and Google's forms have their own words in its place."""
    body: dict[str, Any]
    if form == Form.MESSAGES:
        kind = _ANTHROPIC.get(status, "invalid_request_error" if status < 500 else "api_error")
        body = {"type": "error", "error": {"type": kind, "message": message}}
    elif form == Form.GENERATE:
        state = _GOOGLE.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
        body = {"error": {"code": status, "message": message, "status": state}}
    else:
        body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    return msgspec.json.encode(body)


def denial_headers(denial: Denial) -> list[tuple[bytes, bytes]]:
    """The refusal's code, its page, and the amounts it is about: micro-cents."""
    found = [(b"x-oc-code", denial.code.encode()), (b"x-oc-help", f"/docs/errors#{denial.code}".encode())]
    for name in _AMOUNTS:
        value = denial.extra.get(name)
        if value is not None:
            found.append((f"x-oc-{name.replace('_', '-')}".encode(), str(value).encode()))
    if denial.retry_after is not None:
        found.append((b"retry-after", str(denial.retry_after).encode()))
    return found
