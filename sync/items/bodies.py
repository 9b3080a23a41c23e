"""The bodies of the agent's requests, checked for their shape."""

from typing import Any

import msgspec

from sync.protocol.jsontext import Decoded, Unreadable, decode, encode
from sync.protocol.keys import is_session_id


class BodyUnusable(ValueError):
    """The body is not JSON, or a required field is missing or has another type; the text says which."""


class _Sync(msgspec.Struct):
    data: list[msgspec.Raw]
    secret: str = ""


def session_id_of(body: bytes) -> str:
    """The `sessionID` of a create; raises BodyUnusable."""
    session_id = fields_of(body).get("sessionID")
    if not isinstance(session_id, str) or not is_session_id(session_id):
        raise BodyUnusable("sessionID must be a session's id")
    return session_id


def sync_of(body: bytes) -> tuple[str, list[msgspec.Raw]]:
    """The secret ("" when missing) and the items, not decoded yet, of a newer agent's sync; raises BodyUnusable."""
    try:
        sync = msgspec.json.decode(body, type=_Sync)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fields = fields_of(body)
        data = fields.get("data")
        if not isinstance(data, list):
            raise BodyUnusable("data must be a list of items") from None
        return secret_of(fields), [msgspec.Raw(encode(item).encode()) for item in data]
    return sync.secret, sync.data


def fields_of(body: bytes) -> dict[str, Any]:
    """The fields of a body, which must be a JSON object; raises BodyUnusable."""
    try:
        value = decode(body).value
    except Unreadable:
        raise BodyUnusable("the body must be JSON") from None
    if not isinstance(value, dict):
        raise BodyUnusable("the body must be a JSON object")
    return value


def secret_of(fields: dict[str, Any]) -> str:
    """The `secret`, "" when it is missing or not a string."""
    secret = fields.get("secret")
    return secret if isinstance(secret, str) else ""


def entry_of(fields: dict[str, Any]) -> tuple[str, Decoded]:
    """The key and content of an older agent's sync; raises BodyUnusable."""
    key = fields.get("key")
    if not isinstance(key, str) or "content" not in fields:
        raise BodyUnusable("key and content are needed")
    return key, Decoded(fields["content"], encode(fields["content"]))
