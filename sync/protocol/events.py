"""Frames as Server-Sent Events."""

from typing import Final

from sync.protocol.frames import kind_of
from sync.protocol.positions import Position

# Between the tokens of somebody's JSON; inside its strings they are always escaped.
_LINE_ENDS: Final = str.maketrans("\r\n", "  ")


def event_of(frame: str, position: Position | None = None) -> bytes:
    """One event: named by the frame's type, the frame as its data, the position the reader has with it as its id."""
    kind = kind_of(frame)
    if "\n" in frame or "\r" in frame:
        frame = frame.translate(_LINE_ENDS)
    identity = f"id: {position}\n" if position is not None else ""
    return f"event: {kind}\n{identity}data: {frame}\n\n".encode()
