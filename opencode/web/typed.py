"""What a person typed into a form that was refused: with the fields' labels, for copying or sending it again.

Secrets never come back: passwords, codes, tokens, keys, by the kind of their field and by its name.
"""

import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django import forms
from django.http import HttpRequest

from opencode.lib.errors import CsrfFailed, Denial, TooManyRequests

SECRET_FIELD: Final = re.compile(r"password|code|secret|credential|token|otp|(?:^|_)key(?:$|_)", re.IGNORECASE)
TITLE_CASE: Final = re.compile(r"(?<=\s)[A-Z](?=[a-z])")
HIDDEN_FIELDS: Final = frozenset({"csrfmiddlewaretoken", "next"})
"""Not typed by anybody: they only go back with the form."""
OURS: Final = ("accounts.", "workspaces.", "billing.", "sync.", "opencode.")


class TypedField(NamedTuple):
    """One field as it is shown again; a secret's `value` is empty."""

    name: str
    label: str
    value: str
    is_hidden: bool = False
    is_secret: bool = False


class Typed(NamedTuple):
    """`may_resend`: sending the same again can succeed, as the refusal was not about this person or these values."""

    fields: list[TypedField]
    may_resend: bool

    @property
    def shown(self) -> list[TypedField]:
        """Fields with something to copy."""
        return [field for field in self.fields if field.value and not field.is_hidden]


NOTHING: Final = Typed([], False)


def typed_fields(request: HttpRequest, denial: Denial) -> Typed:
    """The fields of the refused form.

    Another site's page gains nothing: the form's own anti-forgery token is returned as it was sent, and checked again;
    a form that failed that check is shown only when it came from this site, and never to be sent by one click.
    """
    is_forged = isinstance(denial, CsrfFailed)
    if request.method != "POST" or (is_forged and not _is_from_here(request)):
        return NOTHING
    try:
        fields = [_field(name, value) for name, values in request.POST.lists() for value in values]
    except Exception:  # the body itself may be why the request was refused
        return NOTHING
    may_resend = not is_forged and denial.status >= TooManyRequests.status
    typed = Typed(fields, may_resend)
    return typed if may_resend or typed.shown else NOTHING


def _is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this console sent the form."""
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "")
    return site == "same-origin" if site else bool(origin) and urlsplit(origin).netloc == request.get_host()


def _field(name: str, value: str) -> TypedField:
    label, is_masked = known_fields().get(name, ("", False))
    is_hidden = name in HIDDEN_FIELDS
    is_secret = is_masked or (SECRET_FIELD.search(name) is not None and not is_hidden)
    return TypedField(name, label or spoken(name), "" if is_secret else value, is_hidden, is_secret)


def spoken(name: str) -> str:
    """`starts_at` as `Starts at`, for a field that no form of ours has."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize() or "Field"


@cache
def known_fields() -> dict[str, tuple[str, bool]]:
    """By field name: its label, and whether its form masks what is typed. Of forms with the same name, ours count."""
    found: dict[str, tuple[str, bool]] = {}
    for form in sorted(_forms(forms.BaseForm), key=lambda form: form.__module__.startswith(OURS)):
        for name, field in getattr(form, "base_fields", {}).items():
            is_masked = isinstance(field.widget, forms.PasswordInput) or found.get(name, ("", False))[1]
            # What is inherited from others' forms has its labels in title case.
            found[name] = (TITLE_CASE.sub(lambda word: word[0].lower(), str(field.label or "")), is_masked)
    return found


def _forms(base: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for form in base.__subclasses__():
        yield form
        yield from _forms(form)


def is_our_fault(denial: Denial) -> bool:
    """Whether the database or the program failed: a page that says so asks neither of them anything more."""
    return denial.status >= HTTPStatus.INTERNAL_SERVER_ERROR
