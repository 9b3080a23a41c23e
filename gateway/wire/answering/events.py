"""Splits a stream of server-sent events into whole events, however its bytes were cut on the way."""

import re
from typing import Final, NamedTuple

EVENT_BYTES: Final = 16 * 1024 * 1024
_BLANK: Final = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_LINE: Final = re.compile(rb"\r\n|\n|\r")
_BOM: Final = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """`raw` is all of it, with the blank line at its end; `data` what its data lines say, None when it has none."""

    raw: bytes
    data: bytes | None


class EventTooLarge(ValueError):
    """An event of more than EVENT_BYTES: no provider sends one."""


class EventSplitter:
    """Takes bytes as they come and returns the events that are complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_new = True

    def feed(self, data: bytes) -> list[Event]:
        """Raises EventTooLarge."""
        buffer = self._rest + data if self._rest else data
        if self._is_new:
            buffer = self._without_mark(buffer)
        events, start = [], 0
        if b"\r" not in buffer:
            while (end := buffer.find(b"\n\n", start)) >= 0:
                events.append(_event(buffer[start : end + 2]))
                start = end + 2
        else:
            start = self._split_any(buffer, events)
        self._rest = buffer[start:]
        if len(self._rest) > EVENT_BYTES:
            raise EventTooLarge
        return events

    def end(self) -> Event | None:
        """What is left at the stream's end; clients read an event only when a blank line follows it."""
        rest, self._rest = self._rest, b""
        if not rest:
            return None
        is_whole = _BLANK.search(rest) is not None
        return Event(rest, _data(rest) if is_whole else None)

    def _without_mark(self, buffer: bytes) -> bytes:
        """A byte order mark may stand before the first event."""
        if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
            return buffer
        self._is_new = False
        return buffer.removeprefix(_BOM)

    def _split_any(self, buffer: bytes, events: list[Event]) -> int:
        """Lines may end in CR, LF or both; after a CR that came last, the LF of the same line may still come."""
        start = 0
        for found in _BLANK.finditer(buffer):
            end = found.end()
            if end == len(buffer) and buffer.endswith(b"\r"):
                break
            events.append(_event(buffer[start:end]))
            start = end
        return start


def _event(raw: bytes) -> Event:
    return Event(raw, _data(raw))


def _data(raw: bytes) -> bytes | None:
    if raw.startswith(b"data: ") and raw.find(b"\n") == len(raw) - 2:
        return raw[6:-2]
    lines = [line[5:].removeprefix(b" ") for line in _LINE.split(raw) if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None


def event_bytes(data: bytes, name: str = "") -> bytes:
    """An event of ours with this data, which has no line breaks."""
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + data + b"\n\n"
