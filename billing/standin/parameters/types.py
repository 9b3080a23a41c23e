"""Finds the SDK's types: `checkout.SessionCreateParams` is a TypedDict of `stripe.params.checkout`."""

import sys
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final, get_type_hints

OF_THE_SDK: Final = "stripe._request_options"


@cache
def parameters_of(name: str) -> type:
    """The TypedDict that types an operation's parameters."""
    package, _, class_name = name.rpartition(".")
    module = import_module(f"stripe.params.{package}" if package else "stripe.params")
    found: type = getattr(module, class_name)
    return found


@cache
def hints_of(typed: type) -> dict[str, Any]:
    """The types of a TypedDict's fields, without those that are meant for the SDK itself (`api_key` and its like)."""
    own_of_sdk = import_module(OF_THE_SDK).RequestOptions.__annotations__ if _is_request(typed) else {}
    fields = {name: hint for name, hint in typed.__annotations__.items() if name not in own_of_sdk}
    named = vars(sys.modules[typed.__module__])
    return get_type_hints(SimpleNamespace(__annotations__=fields), globalns=named)


@cache
def required_of(typed: type) -> frozenset[str]:
    required: frozenset[str] = typed.__required_keys__  # type: ignore[attr-defined]
    return required & hints_of(typed).keys()


def _is_request(typed: type) -> bool:
    return "idempotency_key" in typed.__annotations__
