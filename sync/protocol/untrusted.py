"""Reading decoded JSON of untrusted clients: a value that is missing or of the wrong type reads as an empty one.

Nothing here raises. Each function takes a value and the names that lead into it through nested objects, if any.
"""

import math
from typing import Any, Final

COUNT_LIMIT: Final = 2**53
"""Below it all JSON parsers read a whole number exactly."""


def at(value: Any, *path: str) -> Any:
    """The value at the path, or None."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_at(value: Any, *path: str) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def storable_text(text: str, characters: int) -> str:
    """The text's first `characters`, without those that no database column takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:characters]


def dict_at(value: Any, *path: str) -> dict[str, Any]:
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def list_at(value: Any, *path: str) -> list[Any]:
    found = at(value, *path)
    return found if isinstance(found, list) else []


def dicts_at(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects in the list at the path; anything else in it is left out."""
    return [item for item in list_at(value, *path) if isinstance(item, dict)]


def number_at(value: Any, *path: str) -> float | None:
    """The number at the path if it is finite and not negative, else None; True and False are not numbers."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        number = float(found)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def count_at(value: Any, *path: str) -> int:
    """The number at the path without its fraction, if it is below COUNT_LIMIT; 0 for anything else."""
    number = number_at(value, *path)
    return int(number) if number is not None and number < COUNT_LIMIT else 0
