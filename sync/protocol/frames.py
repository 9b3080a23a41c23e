"""Frames from the server, as JSON text. Content that is JSON already is inserted as it is, never encoded again."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import msgspec

from sync.protocol.positions import Position

SUBPROTOCOL: Final = "opencode.sync.v1"
_TYPE_AT: Final = len('{"type":"')
_encode = msgspec.json.Encoder().encode


def entry_text(key: str, seq: int, content: str, deleted: bool) -> str:
    """One entry of a snapshot or updates frame. Keys consist of characters that need no escape in JSON."""
    if deleted:
        return f'{{"key":"{key}","seq":{seq},"deleted":true}}'
    return f'{{"key":"{key}","seq":{seq},"content":{content}}}'


def updates_head(epoch: str, first: int, last: int) -> str:
    """The beginning of an updates frame, up to its entries; UPDATES_TAIL is its end."""
    return f'{{"type":"updates","epoch":"{epoch}","from":{first},"to":{last},"entries":['


UPDATES_TAIL: Final = "]}"
ENTRIES: Final = '"entries":['
"""What stands before the entries, the last member of snapshot and updates frames."""


def snapshot_text(position: Position, entries: Sequence[str], *, more: bool) -> str:
    """One part of the state at `position`; the last has `more: false`."""
    return (
        f'{{"type":"snapshot","epoch":"{position.epoch}","seq":{position.seq},"more":{"true" if more else "false"},'
        f'"entries":[{",".join(entries)}]}}'
    )


def welcome_text(session: str, head: Position, role: str, limits: dict[str, int], heartbeat: int) -> str:
    return encode(
        {
            "type": "welcome",
            "protocol": SUBPROTOCOL,
            "session": session,
            "epoch": head.epoch,
            "seq": head.seq,
            "role": role,
            "limits": limits,
            "heartbeat": heartbeat,
        }
    )


def ack_text(operation_id: str, epoch: str, first: int, last: int) -> str:
    """The answer to a publish; `operation_id` must need no escape in JSON, as `requests` checks."""
    return f'{{"type":"ack","id":"{operation_id}","epoch":"{epoch}","from":{first},"to":{last}}}'


def heartbeat_text(head: Position) -> str:
    return f'{{"type":"heartbeat","epoch":"{head.epoch}","seq":{head.seq}}}'


def error_text(code: str, message: str, operation_id: str | None = None, extra: dict[str, Any] | None = None) -> str:
    frame: dict[str, Any] = {"type": "error", "code": code, "message": message, **(extra or {})}
    if operation_id is not None:
        frame["id"] = operation_id
    return encode(frame)


def bye_text(reason: str, retry_after: float) -> str:
    return encode({"type": "bye", "reason": reason, "retry_after": retry_after})


def kind_of(frame: str) -> str:
    """The `type` of a frame made by this module, where it is the first member."""
    return frame[_TYPE_AT : frame.index('"', _TYPE_AT)]


def encode(value: Any) -> str:
    return _encode(value).decode()


def wire_of(text: str) -> bytes:
    """The text as one unmasked, uncompressed WebSocket frame, as a server sends it (RFC 6455, section 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        head = bytes((0x81, size))
    elif size < 65536:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return head + payload


class SharedText(str):
    """A frame that is sent to many sockets: its bytes on the wire are made once."""

    @cached_property
    def wire(self) -> bytes:
        return wire_of(self)
