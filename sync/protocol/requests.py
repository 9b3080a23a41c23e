"""Frames from the client: decoded once, content kept as the JSON text it came as."""

import re
from typing import Any, Final, TypeVar

import msgspec

from sync.protocol.keys import ASK_KIND, parse_key
from sync.protocol.updates import Update

OPERATION_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
PUBLISH_UPDATES: Final = 1000
PRESENCE_BYTES: Final = 1024
FRAME_TYPES: Final = ("publish", "presence", "ping")
"""What a client may send."""
# An escaped backslash or a whole surrogate pair, which are kept, or half a pair, which is no character.
_ESCAPES: Final = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class FrameRefused(Exception):
    """A frame that is refused as a whole; `code` is a denial's, `operation_id` the publish's if it was readable."""

    def __init__(self, code: str, message: str, operation_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.operation_id = operation_id

    @property
    def is_publish(self) -> bool:
        """Whether to count it as a refused publish; a text that is no frame may have been one."""
        return self.operation_id is not None or self.code in {"frame_malformed", "frame_too_large"}


class _UpdateFrame(msgspec.Struct):
    key: str
    content: msgspec.Raw = msgspec.Raw(b"")
    deleted: bool = False


class _ClientFrame(msgspec.Struct):
    type: str
    id: msgspec.Raw = msgspec.Raw(b"")
    updates: msgspec.Raw = msgspec.Raw(b"")
    state: msgspec.Raw = msgspec.Raw(b"")


class _PublishBody(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw(b"")
    updates: msgspec.Raw = msgspec.Raw(b"")


class PublishRequest(msgspec.Struct, frozen=True):
    id: str
    updates: list[Update]


class PingRequest(msgspec.Struct, frozen=True):
    pass


class PresenceRequest(msgspec.Struct, frozen=True):
    """What the person is doing, for the others to see; any object of at most PRESENCE_BYTES."""

    state: dict[str, Any]


ClientRequest = PublishRequest | PingRequest | PresenceRequest

_frame = msgspec.json.Decoder(_ClientFrame)
_body = msgspec.json.Decoder(_PublishBody)
Shape = TypeVar("Shape")
_updates = msgspec.json.Decoder(list[_UpdateFrame])
_text = msgspec.json.Decoder(str)
_object = msgspec.json.Decoder(dict[str, Any])


def read_request(text: str, session_id: str, entry_bytes: int) -> ClientRequest:
    """Check a client's frame against the session it is for.

    `entry_bytes` is the size limit of an entry's content. Raises FrameRefused; with the code `frame_malformed` and no
    operation id the text is no frame at all, and the connection should be closed.
    """
    frame = _shaped(text, _frame)
    if frame.type not in FRAME_TYPES:
        raise FrameRefused("frame_type_unknown", f"no frame type {frame.type[:40]!r}")
    if frame.type == "ping":
        return PingRequest()
    if frame.type == "presence":
        return _read_presence(frame)
    return _read_publish(frame, session_id, entry_bytes)


def read_publish(text: str, session_id: str, entry_bytes: int) -> PublishRequest:
    """Check a publish that is the body of an HTTP request, where it needs no type. Raises FrameRefused.

    Its keys must name the session `session_id`; `entry_bytes` is the size limit of an entry's content.
    """
    return _read_publish(_shaped(text, _body), session_id, entry_bytes)


def _read_presence(frame: _ClientFrame) -> PresenceRequest:
    try:
        state = _object.decode(frame.state) if len(frame.state) <= PRESENCE_BYTES else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        state = None
    if state is None:
        raise FrameRefused("presence_malformed", f"a state is an object of at most {PRESENCE_BYTES} bytes")
    return PresenceRequest(state)


def _shaped(text: str, decoder: msgspec.json.Decoder[Shape]) -> Shape:
    try:
        return _decoded(text, decoder)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FrameRefused("frame_malformed", f"not a frame: {error}") from error


def _decoded(text: str, decoder: msgspec.json.Decoder[Shape]) -> Shape:
    try:
        return decoder.decode(text)
    except msgspec.DecodeError:
        # JavaScript can cut a string in the middle of a surrogate pair, and encodes the half as JSON all the same.
        mended = _ESCAPES.sub(lambda found: found[0] if found[1] else "\\ufffd", text)
        if mended == text:
            raise
        return decoder.decode(mended)


def _read_publish(frame: _ClientFrame | _PublishBody, session_id: str, entry_bytes: int) -> PublishRequest:
    try:
        operation_id = _text.decode(frame.id)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise FrameRefused("frame_malformed", "a publish needs an id") from error
    if OPERATION_ID.fullmatch(operation_id) is None:
        raise FrameRefused("frame_malformed", "a publish id has 1 to 64 characters of A-Z a-z 0-9 _ . : -")
    try:
        updates = _updates.decode(frame.updates)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FrameRefused("updates_malformed", f"updates: {error}", operation_id) from error
    if not 1 <= len(updates) <= PUBLISH_UPDATES:
        raise FrameRefused("updates_malformed", f"a publish has 1 to {PUBLISH_UPDATES} updates", operation_id)
    return PublishRequest(operation_id, [_checked(update, session_id, entry_bytes, operation_id) for update in updates])


def _checked(update: _UpdateFrame, session_id: str, entry_bytes: int, operation_id: str) -> Update:
    key = parse_key(update.key)
    if key is None:
        raise FrameRefused("key_malformed", f"key {update.key[:80]!r}", operation_id)
    if key.session_id != session_id:
        raise FrameRefused("key_foreign", f"key {update.key[:80]!r} names another session", operation_id)
    if key.kind == ASK_KIND:
        raise FrameRefused("key_reserved", f"only the console itself writes and removes {key.kind!r}", operation_id)
    content = bytes(update.content)
    if update.deleted == bool(content):
        raise FrameRefused("updates_malformed", "an update has either content or deleted: true", operation_id)
    if len(content) > entry_bytes:
        raise FrameRefused("entry_too_large", f"an entry holds at most {entry_bytes} bytes", operation_id)
    return Update(update.key, content.decode(), deleted=update.deleted)
