"""A message's sort order and model, read without decoding the rest of it."""

import re
from typing import Any, Final, NamedTuple

import msgspec

from sync.protocol.legacy import modern_message
from sync.render.fields import decode, dict_at, number_at, text_at
from sync.render.wording import short_line

_ROLE: Final = re.compile(r'"role"\s{0,9}:\s{0,9}"(user|assistant)"')
_CREATED: Final = re.compile(r'"created"\s{0,9}:\s{0,9}([0-9]{1,16})')
LATEST_ORDER: Final = 9_999_999_999_999_999


class MessageHead(NamedTuple):
    """`order` sorts messages as text: by the time they were created, then by id. `model` is `provider/model`."""

    order: str
    role: str
    model: str


class _Head(msgspec.Struct, rename={"model_id": "modelID", "provider_id": "providerID"}):
    """The fields of a message that are small in every agent's version."""

    role: Any = None
    time: Any = None
    model_id: Any = None
    provider_id: Any = None
    metadata: Any = None


_decode_head = msgspec.json.Decoder(_Head).decode


def message_head(message_id: str, content: str) -> MessageHead:
    """The head of a message's JSON text; works on any other text too."""
    try:
        fields = msgspec.to_builtins(_decode_head(content))
        data = {name: value for name, value in fields.items() if value is not None}
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        data = decode(content) or fields_at_the_beginning(content)
    data = modern_message(data)
    return MessageHead(message_order(message_id, data), text_at(data, "role"), model_of(data))


def fields_at_the_beginning(content: str) -> dict[str, Any]:
    """The fields found by search in JSON that was cut off: agents write them before the large ones."""
    role, created = _ROLE.search(content), _CREATED.search(content)
    fields: dict[str, Any] = {"role": role[1]} if role else {}
    return {**fields, "time": {"created": int(created[1])}} if created else fields


def message_order(message_id: str, data: dict[str, Any]) -> str:
    created = min(int(number_at(data, "time", "created") or 0), LATEST_ORDER)
    return f"{created:016d}:{message_id}"


def model_of(data: dict[str, Any]) -> str:
    """`provider/model` of an assistant's message; empty for others."""
    if text_at(data, "role") != "assistant":
        return ""
    model, provider = text_at(data, "modelID"), text_at(data, "providerID")
    return short_line(f"{provider}/{model}" if provider and model else model, 120)


def error_of(data: dict[str, Any]) -> dict[str, str]:
    """`name` and `message` of an assistant's error; other fields can hold a provider's headers and are not shown."""
    error = dict_at(data, "error")
    if not error:
        return {}
    message = text_at(error, "data", "message") or text_at(error, "message")
    return {"name": short_line(text_at(error, "name") or "error", 80), "message": short_line(message, 2_000)}
