"""Hiding secrets in an entry's JSON: in each of its strings, after decoding.

In JSON text a token after a line break reads `\\nghp_…`, where no word begins, so the patterns would miss it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from sync.masking.detection import has_keyword
from sync.masking.masks import TOO_LARGE, Masked, mask_text

ENTRY_CHARACTERS: Final = 8 * 1024 * 1024
_PICTURE: Final = "data:image/"
_FINISHED: Final = frozenset({"completed", "error"})
# The strings of a part that an agent writes bit by bit.
_GROWING: Final = frozenset({"text", "output", "raw", "content", "command", "input", "metadata"})
_HIDDEN: Final = Masked('{"hidden":' + msgspec.json.encode(TOO_LARGE).decode() + "}", 1)


def mask_entry(content: str) -> Masked:
    """The entry's JSON for a reader who has only the link; the same text when nothing has to be hidden.

    What cannot be checked, because it is too large or not JSON, is hidden whole.
    """
    if not content:
        return Masked(content, 0)
    if len(content) > ENTRY_CHARACTERS:
        return _HIDDEN
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return _HIDDEN
    is_growing = _is_growing(value)
    if not is_growing and not _may_hold_secrets(content):
        return Masked(content, 0)
    walk = _Walk()
    masked = walk.value(value, is_growing=is_growing, is_growing_here=False)
    if not walk.changed:
        return Masked(content, 0)
    return Masked(msgspec.json.encode(masked).decode(), walk.count)


def secrets_in_entry(content: str) -> int:
    """How many secrets of this entry are hidden from readers who have only the link."""
    return mask_entry(content).hidden


def _may_hold_secrets(content: str) -> bool:
    """A cheap check of the JSON text; an escape can hide a keyword from it, so texts with escapes count as well."""
    return "\\u00" in content or has_keyword(content)


def _is_growing(value: Any) -> bool:
    """Whether the part is still being written: a text without an end time, a tool that is not finished."""
    if not isinstance(value, Mapping):
        return False
    if value.get("type") in {"text", "reasoning"}:
        time = value.get("time")
        return isinstance(time, Mapping) and "start" in time and "end" not in time
    state = value.get("state")
    return value.get("type") == "tool" and isinstance(state, Mapping) and state.get("status") not in _FINISHED


class _Walk:
    """One pass over a decoded value that masks its strings and its members' names."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = False

    def value(self, value: Any, *, is_growing: bool, is_growing_here: bool) -> Any:
        if isinstance(value, str):
            return self._text(value, is_growing_here)
        if isinstance(value, dict):
            return {
                self._text(name, False): self._member(name, inner, is_growing, is_growing_here)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            walk: Callable[[Any], Any] = lambda inner: self.value(  # noqa: E731
                inner, is_growing=is_growing, is_growing_here=is_growing_here
            )
            return [walk(inner) for inner in value]
        return value

    def _member(self, name: str, inner: Any, is_growing: bool, is_growing_here: bool) -> Any:
        here = is_growing_here or (is_growing and name in _GROWING)
        if isinstance(inner, str) and not here and name:
            return self._named(name, inner)
        return self.value(inner, is_growing=is_growing, is_growing_here=here)

    def _named(self, name: str, text: str) -> str:
        """Mask a member's text as an assignment to its name: `"password": "…"` of a tool's input is one."""
        masked = self._text(text, False)
        if masked is not text or not has_keyword(name):
            return masked
        prefix = f"{name}: "
        quoted = mask_text(f'{prefix}"{text}"' if '"' not in text and "\n" not in text else text)
        if not quoted.hidden:
            return text
        self.count += quoted.hidden
        self.changed = True
        return quoted.text.removeprefix(prefix).strip('"')

    def _text(self, text: str, is_growing: bool) -> str:
        if text.startswith(_PICTURE) and not is_growing and _is_picture(text):
            return text
        masked = mask_text(text, is_growing=is_growing)
        if masked.text == text:
            return text
        self.count += masked.hidden
        self.changed = True
        return masked.text


def _is_picture(text: str) -> bool:
    """Whether the text is nothing but a picture in base64, in which any token's form comes up by chance."""
    head, comma, body = text.partition(";base64,")
    return bool(comma) and len(head) < 64 and body.isascii() and not set(body[-64:]) & set(" \n\"'{}<>")
