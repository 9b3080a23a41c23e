"""Frames as Server-Sent Events."""

_TYPE_AT = len('{"type":"')
# Between the tokens of somebody's JSON; inside its strings they are always escaped.
_LINE_ENDS = str.maketrans("\r\n", "  ")


def event_of(frame: str, position: str = "") -> bytes:
    """One event: named by the frame's type, the frame as its data, the position the reader has with it as its id."""
    kind = frame[_TYPE_AT : frame.index('"', _TYPE_AT)]
    if "\n" in frame or "\r" in frame:
        frame = frame.translate(_LINE_ENDS)
    identity = f"id: {position}\n" if position else ""
    return f"event: {kind}\n{identity}data: {frame}\n\n".encode()
