"""Reading untrusted JSON: a value of the wrong type reads as absent, and nothing raises."""

import json
import math
from typing import Any

import msgspec

JSON_SHOWN_CHARACTERS = 20_000


def decode(content: str) -> Any:
    """The JSON value of an entry's text; None when it is not JSON.

    Text with lone surrogates, which no page can be encoded with, is read with replacement characters.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        pass
    try:
        lenient = json.dumps(json.loads(content), ensure_ascii=False)
        return json.loads(lenient.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def at(value: Any, *path: str) -> Any:
    """The value under `path` of nested objects, or None."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_at(value: Any, *path: str) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def dict_at(value: Any, *path: str) -> dict[str, Any]:
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def list_at(value: Any, *path: str) -> list[Any]:
    found = at(value, *path)
    return found if isinstance(found, list) else []


def number_at(value: Any, *path: str) -> float | None:
    """A finite number that is not negative; True and False are not numbers."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        number = float(found)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def count_at(value: Any, *path: str) -> int:
    return int(number_at(value, *path) or 0)


def pretty_json(value: Any) -> str:
    """Indented JSON for a person, cut at JSON_SHOWN_CHARACTERS; a plain word when it cannot be written."""
    try:
        # `json.dumps` indents in Python: a second for what an entry may hold.
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return "(cannot be shown)"
    if len(text) > JSON_SHOWN_CHARACTERS:
        return text[:JSON_SHOWN_CHARACTERS] + "\n…"
    return text
