"""The agent's item types and the kinds of keys they are stored under, both ways."""

from typing import Any, Final

from sync.protocol import keys

KIND_OF_TYPE: Final = {
    "session": "info",
    "message": "message",
    "part": "part",
    "session_diff": "diff",
    "model": "model",
}
TYPE_OF_KIND: Final = {kind: type_ for type_, kind in KIND_OF_TYPE.items()}
# How many ids follow the session's in a key of a known kind.
_IDS: Final = {"info": 0, "message": 1, "part": 2, "diff": 0, "model": 0}
# An unknown item type with the name of one of our kinds gets this prefix, so that the two never mix.
_FOREIGN_KIND_PREFIX: Final = "item:"


def kind_of_type(type_: str) -> str:
    """The kind of an item type: `session` → `info`, `session_diff` → `diff`; an unknown type is a kind of its own."""
    known = KIND_OF_TYPE.get(type_)
    if known is not None:
        return known
    return _FOREIGN_KIND_PREFIX + type_ if type_ in TYPE_OF_KIND or type_ == keys.ASK_KIND else type_


def type_of_kind(kind: str) -> str:
    return TYPE_OF_KIND.get(kind) or kind.removeprefix(_FOREIGN_KIND_PREFIX)


def is_item_key(key: keys.EntryKey) -> bool:
    """Whether a well-formed key is one an item can have: a message's has its id, a part's both ids, and so on."""
    return len(key.segments) == _IDS.get(key.kind, len(key.segments))


def key_of_item(type_: str, data: Any, session_id: str) -> str | None:
    """The key an item is stored under; None when its data has no usable ids or names another session."""
    kind = kind_of_type(type_)
    segments = _segments(kind, data, session_id)
    if segments is None:
        return None
    key = "/".join(["session", kind, session_id, *segments])
    parsed = keys.parse_key(key)
    # An id with a slash in it would be parsed as two segments.
    return key if parsed is not None and parsed.segments == tuple(segments) else None


def _segments(kind: str, data: Any, session_id: str) -> list[str] | None:
    if kind in ("diff", "model"):
        return [] if isinstance(data, list) else None
    if kind not in TYPE_OF_KIND:
        item_id = data.get("id") if isinstance(data, dict) else None
        return [item_id] if isinstance(item_id, str) and keys.is_session_id(item_id) else []
    if not isinstance(data, dict):
        return None
    if kind == "info":
        return [] if data.get("id") == session_id else None
    if data.get("sessionID", session_id) != session_id:
        return None
    ids = [data.get("messageID"), data.get("id")] if kind == "part" else [data.get("id")]
    return [id_ for id_ in ids if isinstance(id_, str)] if all(isinstance(id_, str) for id_ in ids) else None
