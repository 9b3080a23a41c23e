"""Frames as Server-Sent Events."""

from typing import Final

from sync.protocol.frames import kind_of
from sync.protocol.positions import Position

# JSON may have line ends between its tokens, where a space means the same; inside strings they are always escaped.
_LINE_ENDS: Final = str.maketrans("\r\n", "  ")


def event_of(frame: str, position: Position | None = None) -> bytes:
    """One event, in UTF-8: `event` is the frame's type, `data` the frame, `id` the reader's position after it."""
    kind = kind_of(frame)
    if "\n" in frame or "\r" in frame:
        frame = frame.translate(_LINE_ENDS)
    identity = f"id: {position}\n" if position is not None else ""
    return f"event: {kind}\n{identity}data: {frame}\n\n".encode()
