"""Stored entries in the forms agents read: the newer protocol's item list, the older one's tree."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sync.items.kinds import KIND_OF_TYPE, is_item_key, type_of_kind
from sync.items.modellist import models_cleaned
from sync.items.redaction import session_without_share
from sync.protocol.jsontext import Unreadable, decode, encode
from sync.protocol.keys import ASK_KIND, EntryKey, parse_key

# `opencode import` expects the session first; messages and parts follow in the order of their ids, which sort by time.
_ORDER: Final = {"info": 0, "message": 1, "part": 2, "diff": 3, "model": 4}
# Kinds that no item maps to; an entry of such a kind could pass for the session's own info. Asks are for members.
_NEVER_ITEMS: Final = (frozenset(KIND_OF_TYPE) - frozenset(_ORDER)) | {ASK_KIND}


class _Entry(NamedTuple):
    key: EntryKey
    content: str


def items_text(rows: Iterable[tuple[str, str]]) -> str:
    """`[{"type","data"}…]` for rows of (key, JSON text), which are inserted as they are but for secrets in them.

    Secrets are provider options and headers of models, and the info's `share`.
    """
    items = (f'{{"type":{encode(type_of_kind(key.kind))},"data":{_safe(key, text)}}}' for key, text in _sorted(rows))
    return f"[{','.join(items)}]"


def tree_text(rows: Iterable[tuple[str, str]]) -> str:
    """`{"info","messages":{id:{…message,"parts":[…]}}}` for rows of (key, JSON text).

    A part whose message is not here yet is left out; a 0.1.x message keeps the parts it carries inside.
    """
    info: Any = None
    messages: dict[str, dict[str, Any]] = {}
    for key, text in _sorted(rows):
        value = _value(text)
        if key.kind == "info":
            info = session_without_share(value) if isinstance(value, dict) else None
        elif key.kind == "message" and isinstance(value, dict):
            own_parts = value.get("parts")
            messages[key.segments[0]] = {**value, "parts": own_parts if isinstance(own_parts, list) else []}
        elif key.kind == "part" and key.segments[0] in messages and value is not None:
            messages[key.segments[0]]["parts"].append(value)
    return encode({"info": info, "messages": messages})


def frame_text(key: str, content: str) -> str:
    """A message of the older protocol's socket, `{"key","content"}`; `content` is JSON text."""
    parsed = parse_key(key)
    return f'{{"key":{encode(key)},"content":{_safe(parsed, content) if parsed else content}}}'


def _sorted(rows: Iterable[tuple[str, str]]) -> list[_Entry]:
    parsed = ((parse_key(key), text) for key, text in rows)
    entries = [_Entry(key, text) for key, text in parsed if key is not None and _is_item(key)]
    return sorted(entries, key=lambda entry: (_ORDER.get(entry.key.kind, len(_ORDER)), entry.key))


def _is_item(key: EntryKey) -> bool:
    return key.kind not in _NEVER_ITEMS and is_item_key(key)


def _safe(key: EntryKey, text: str) -> str:
    # What agents send was cleaned before it was stored; what clients publish over a socket was not.
    if key.kind == "model":
        models = _value(text)
        return encode(models_cleaned(models)) if isinstance(models, list) else "[]"
    if key.kind == "info" and "secret" in text:
        info = _value(text)
        return encode(session_without_share(info)) if isinstance(info, dict) else "{}"
    return text


def _value(text: str) -> Any:
    try:
        return decode(text.encode("utf-8", "replace")).value
    except Unreadable:
        return None
