"""Turns a batch as the agent sends it into items that are ready to merge."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from sync.items.clocks import Clock, clock_of, updated_ms
from sync.items.kinds import key_of_item, kind_of_type
from sync.items.modellist import models_cleaned
from sync.items.placeholders import placeholder_of
from sync.items.redaction import session_without_share
from sync.protocol.jsontext import Decoded, Unreadable, decode, encode


class Item(NamedTuple):
    """One value for one key; `content` is JSON text within the size limit, free of secrets."""

    key: str
    kind: str
    content: str
    clock: Clock


class Batch(NamedTuple):
    """The items of one sync, and how many were refused because their value, type or ids could not be read."""

    items: list[Item]
    refused: int


class _Envelope(msgspec.Struct):
    type: str
    data: msgspec.Raw


class _Opened(NamedTuple):
    type: str
    data: Decoded


def items_of_batch(raws: Iterable[msgspec.Raw], session_id: str, max_bytes: int) -> Batch:
    """The items of a newer agent's batch; malformed ones are counted in `refused` and never fail the others.

    An item of more than `max_bytes` is replaced by a placeholder.
    """
    opened = [_open(raw) for raw in raws]
    batch_ms = _batch_ms([item for item in opened if item is not None], session_id)
    items = [_item(each, session_id, batch_ms, max_bytes) for each in opened if each is not None]
    kept = [item for item in items if item is not None]
    return Batch(kept, len(opened) - len(kept))


def item_of_entry(key: str, kind: str, data: Decoded, max_bytes: int) -> Item | None:
    """The item of an older agent's sync, under the key it names; None when its shape is wrong.

    An item of more than `max_bytes` is replaced by a placeholder.
    """
    is_shaped = isinstance(data.value, list) if kind in ("diff", "model") else isinstance(data.value, dict)
    return _prepared(key, kind, data, None, max_bytes) if is_shaped else None


def _open(raw: msgspec.Raw) -> _Opened | None:
    try:
        envelope = msgspec.json.decode(raw, type=_Envelope)
        return _Opened(envelope.type, decode(envelope.data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Unreadable):
        return _open_leniently(raw)


def _open_leniently(raw: msgspec.Raw) -> _Opened | None:
    try:
        value = decode(raw).value
    except Unreadable:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or "data" not in value:
        return None
    return _Opened(value["type"], Decoded(value["data"], encode(value["data"])))


def _batch_ms(opened: list[_Opened], session_id: str) -> int | None:
    times = [
        updated_ms(item.data.value)
        for item in opened
        if item.type == "session" and key_of_item("session", item.data.value, session_id) is not None
    ]
    return max((ms for ms in times if ms is not None), default=None)


def _item(opened: _Opened, session_id: str, batch_ms: int | None, max_bytes: int) -> Item | None:
    key = key_of_item(opened.type, opened.data.value, session_id)
    if key is None:
        return None
    return _prepared(key, kind_of_type(opened.type), opened.data, batch_ms, max_bytes)


def _prepared(key: str, kind: str, data: Decoded, batch_ms: int | None, max_bytes: int) -> Item:
    clock = clock_of(kind, data.value, batch_ms)
    value, text = _without_secrets(kind, data)
    # A character takes at most four bytes, so most items are known to fit without being encoded.
    if len(text) * 4 > max_bytes and (size := len(text.encode())) > max_bytes:
        text = encode(placeholder_of(kind, value, size))
    return Item(key, kind, text, clock)


def _without_secrets(kind: str, data: Decoded) -> Decoded:
    # Encoded again even when nothing was removed: with a duplicate name the text would still hold the first value.
    value: Any
    if kind == "info":
        value = session_without_share(data.value)
    elif kind == "model":
        value = models_cleaned(data.value)
    else:
        return data
    return Decoded(value, encode(value))
