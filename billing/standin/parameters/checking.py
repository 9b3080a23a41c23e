"""Checks text against a TypedDict, and makes integers and booleans of it; refuses the way Stripe does."""

import re
import types
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, Union, get_args, get_origin

from typing_extensions import is_typeddict

from billing.standin.parameters.types import hints_of, required_of
from billing.standin.sandbox import StripeRefusal, invalid

INTEGER: Final = re.compile(r"-?\d{1,18}")
BOOLEANS: Final = {"true": True, "false": False}
TEXT_CHARACTERS: Final = 5_000
METADATA_KEYS: Final = 50
METADATA_KEY_CHARACTERS: Final = 40
METADATA_CHARACTERS: Final = 500


def check(given: Any, typed: type, path: str = "") -> dict[str, Any]:
    """The parameters with their types. Raises StripeRefusal naming the first that is unknown, missing or wrong."""
    if not isinstance(given, dict):
        raise invalid("Invalid object", param=path)
    hints = hints_of(typed)
    for name in given:
        if name not in hints:
            param = _join(path, name)
            raise invalid(f"Received unknown parameter: {param}", param=param, code="parameter_unknown")
    for name in required_of(typed):
        if name not in given:
            param = _join(path, name)
            raise invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")
    checked = {name: _typed(value, hints[name], _join(path, name)) for name, value in given.items()}
    if isinstance(checked.get("metadata"), dict):
        _check_metadata(checked["metadata"], _join(path, "metadata"))
    return checked


def _typed(value: Any, hint: Any, path: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(value, get_args(hint), path)
    if origin is Literal:
        return _choice(value, get_args(hint), path)
    if origin is list:
        return _list(value, get_args(hint)[0], path)
    if origin is dict:
        if not isinstance(value, dict):
            raise invalid("Invalid hash", param=path, code="parameter_invalid_empty" if value == "" else None)
        return {name: _typed(part, get_args(hint)[1], _join(path, name)) for name, part in value.items()}
    if is_typeddict(hint):
        return check(value, hint, path)
    return _scalar(value, hint, path)


def _scalar(value: Any, hint: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise invalid(f"Invalid {_word(hint)}: {path}", param=path)
    if len(value) > TEXT_CHARACTERS:
        raise invalid(f"Invalid string: {path} must be at most {TEXT_CHARACTERS} characters", param=path)
    if hint is int:
        if not INTEGER.fullmatch(value):
            raise invalid(f"Invalid integer: {value}", param=path, code="parameter_invalid_integer")
        return int(value)
    if hint is bool:
        if value not in BOOLEANS:
            raise invalid(f"Invalid boolean: {value}", param=path)
        return BOOLEANS[value]
    if hint in (float, Decimal):
        return _number(value, hint, path)
    return value


def _number(value: str, hint: Any, path: str) -> Any:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise invalid(f"Invalid decimal: {value}", param=path)
    return float(number) if hint is float else str(number)


def _choice(value: Any, allowed: tuple[Any, ...], path: str) -> Any:
    if value in allowed:
        return value
    said = ", ".join(str(choice) for choice in allowed[:-1])
    said = f"{said}, or {allowed[-1]}" if said else str(allowed[-1])
    raise invalid(f"Invalid {path}: must be one of {said}", param=path)


def _list(value: Any, hint: Any, path: str) -> Any:
    if not isinstance(value, list):
        raise invalid("Invalid array", param=path)
    return [_typed(part, hint, f"{path}[{index}]") for index, part in enumerate(value)]


def _union(value: Any, hints: tuple[Any, ...], path: str) -> Any:
    """The first alternative that fits; when none does, the refusal of the one that came closest.

    The SDK leaves every enumeration open for values of later versions (`Literal[...] | str`); Stripe does not.
    """
    refusals: list[StripeRefusal] = []
    is_choice = any(get_origin(hint) is Literal and any(get_args(hint)) for hint in hints)
    for hint in hints:
        if hint is str and is_choice:
            continue
        if getattr(get_origin(hint), "__name__", "") == "UntypedStripeObject":
            continue
        try:
            return _typed(value, hint, path)
        except StripeRefusal as refusal:
            refusals.append(refusal)
    raise max(refusals, key=lambda refusal: len(refusal.error.get("param", "")))


def _check_metadata(metadata: dict[str, Any], path: str) -> None:
    if len(metadata) > METADATA_KEYS:
        raise invalid(f"Metadata can have at most {METADATA_KEYS} keys.", param=path)
    for name, value in metadata.items():
        if len(name) > METADATA_KEY_CHARACTERS:
            raise invalid(f"Metadata keys can have up to {METADATA_KEY_CHARACTERS} characters.", param=path)
        if len(value) > METADATA_CHARACTERS:
            raise invalid(f"Metadata values can have up to {METADATA_CHARACTERS} characters.", param=_join(path, name))


def _word(hint: Any) -> str:
    return {int: "integer", bool: "boolean", str: "string"}.get(hint, "value")


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
