"""Hiding secrets in an entry's JSON: in each of its strings, after decoding.

In JSON text a token after a line break reads `\\nghp_…`, where no word begins, so the patterns would miss it.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import re2

from sync.masking.detection import find_secrets, has_keyword
from sync.masking.masks import TEXT_CHARACTERS, TOO_LARGE, UNCHECKED, Masked, mask_text
from sync.protocol.jsontext import Unreadable, decode, encode

ENTRY_CHARACTERS: Final = 8 * 1024 * 1024
SHORTEST: Final = 8
"""No rule finds anything in a shorter text, but its end may be the beginning of something."""
NAME_CHARACTERS: Final = 64
NAMES_KEPT: Final = 4096
_PICTURE: Final = "data:image/"
_BASE64: Final = re2.compile(r"[A-Za-z0-9+/]*=*")
_FINISHED: Final = frozenset({"completed", "error"})
# The strings of a part that an agent writes bit by bit, and those of a call whose input is whole.
_GROWING: Final = frozenset({"text", "output", "raw", "content", "command", "input", "metadata", "title", "error"})
_RUNNING: Final = _GROWING - {"input", "command"}
_HIDDEN: Final = Masked('{"hidden":' + encode(TOO_LARGE) + "}", (UNCHECKED,))


def mask_entry(content: str) -> Masked:
    """The entry's JSON for a reader who has only the link; the same text when nothing has to be hidden.

    What cannot be checked, because it is too large or not JSON, is hidden whole.
    """
    if not content:
        return Masked(content)
    if len(content) > ENTRY_CHARACTERS:
        return _HIDDEN
    try:
        return _masked(content, decode(content.encode("utf-8", "replace")).value)
    except (Unreadable, _TooLarge, RecursionError, OverflowError):
        return _HIDDEN


def _masked(content: str, value: Any) -> Masked:
    growing = _growing_members(value)
    if not growing and not _may_hold_secrets(content):
        return Masked(content)
    walk = _Walk(growing)
    masked = walk.value(value, is_growing=False)
    if walk.changed:
        return Masked(encode(masked), tuple(walk.kinds))
    # Of members with one name the last was looked at, and the text holds them all.
    return Masked(encode(masked) if _repeats_a_name(content) else content)


def _repeats_a_name(content: str) -> bool:
    """Whether an object in the JSON text has two members of one name, or a stricter parser refuses the text."""
    try:
        json.loads(content, object_pairs_hook=_once_each)
    except ValueError:
        return True
    return False


def _once_each(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) != len(members):
        raise ValueError("a name stands twice")


def _may_hold_secrets(content: str) -> bool:
    """A cheap check of the JSON text; an escape can hide a keyword from it, so texts with escapes count as well."""
    return "\\u00" in content or "\\/" in content or has_keyword(content)


def _growing_members(value: Any) -> frozenset[str]:
    """The names whose texts are still being written: in a text without an end time, in a tool that is not finished."""
    if not isinstance(value, Mapping):
        return frozenset()
    if value.get("type") in {"text", "reasoning"}:
        time = value.get("time")
        return _GROWING if isinstance(time, Mapping) and "start" in time and "end" not in time else frozenset()
    state = value.get("state")
    if value.get("type") != "tool" or not isinstance(state, Mapping) or state.get("status") in _FINISHED:
        return frozenset()
    return _RUNNING if state.get("status") == "running" else _GROWING


class _TooLarge(Exception):
    """The entry's texts are too long to be checked within what one reader may cost."""


class _Walk:
    """One pass over a decoded value that masks its strings and its members' names.

    Texts below a name in `growing` are still being written. Raises _TooLarge.
    """

    def __init__(self, growing: frozenset[str]) -> None:
        self.kinds: list[str] = []
        self.changed = False
        self._growing = growing
        self._characters = 0

    def value(self, value: Any, *, is_growing: bool) -> Any:
        if isinstance(value, str):
            return self._text(value, is_growing)
        if isinstance(value, dict):
            return {self._name(name): self._member(name, inner, is_growing) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, is_growing=is_growing) for inner in value]
        return value

    def _member(self, name: str, inner: Any, is_growing: bool) -> Any:
        is_growing = is_growing or name in self._growing
        if isinstance(inner, str) and not is_growing and name:
            return self._named(name, inner)
        return self.value(inner, is_growing=is_growing)

    def _name(self, name: str) -> str:
        return name if len(name) <= NAME_CHARACTERS and _holds_none(name) else self._text(name, False)

    def _named(self, name: str, text: str) -> str:
        """Mask a member's text as an assignment to its name: `"password": "…"` of a tool's input is one."""
        masked = self._text(text, False)
        if masked is not text or not (_says_secret if len(name) <= NAME_CHARACTERS else has_keyword)(name):
            return masked
        prefix = f"{name}: "
        quoted = mask_text(f'{prefix}"{text}"' if '"' not in text and "\n" not in text else text)
        if not quoted.hidden:
            return text
        self.kinds += quoted.kinds
        self.changed = True
        return quoted.text.removeprefix(prefix).strip('"')

    def _text(self, text: str, is_growing: bool) -> str:
        if text.startswith(_PICTURE) and not is_growing and _is_picture(text):
            return text
        if len(text) < SHORTEST and not is_growing:
            return text
        self._characters += len(text)
        if self._characters > TEXT_CHARACTERS:
            raise _TooLarge
        masked = mask_text(text, is_growing=is_growing)
        if masked.text == text:
            return text
        self.kinds += masked.kinds
        self.changed = True
        return masked.text


@lru_cache(NAMES_KEPT)
def _holds_none(name: str) -> bool:
    """Whether a member's name holds no secret itself; the same few names come again and again."""
    return not find_secrets(name)


@lru_cache(NAMES_KEPT)
def _says_secret(name: str) -> bool:
    return has_keyword(name)


def _is_picture(text: str) -> bool:
    """Whether the text is nothing but a picture in base64, in which any token's form comes up by chance."""
    head, comma, body = text.partition(";base64,")
    return bool(comma) and len(head) < 64 and _BASE64.fullmatch(body) is not None
