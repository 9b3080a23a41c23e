"""Reading the untrusted JSON of entries, and showing it to a person as it is."""

from typing import Any, Final

import msgspec

from sync.protocol.jsontext import read as decode
from sync.protocol.untrusted import at, count_at, dict_at, list_at, number_at, text_at

__all__ = ["at", "count_at", "decode", "dict_at", "list_at", "number_at", "pretty_json", "text_at"]

JSON_SHOWN_CHARACTERS: Final = 20_000


def pretty_json(value: Any) -> str:
    """Indented JSON for a person, cut at JSON_SHOWN_CHARACTERS; a fixed word when it cannot be written."""
    try:
        # `json.dumps` indents in Python, which takes a second for the largest entry.
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return "(cannot be shown)"
    if len(text) > JSON_SHOWN_CHARACTERS:
        return text[:JSON_SHOWN_CHARACTERS] + "\n…"
    return text
