"""Fan-out inside one process: one hub for each session with local readers; connections are cursors over its log."""

from sync.hub.cursor import Cursor
from sync.hub.parts import FramePart, session_parts
from sync.hub.presence import Person
from sync.hub.pull import pulled_frame
from sync.hub.registry import HubRegistry
from sync.hub.session import SessionHub
from sync.hub.surroundings import Range, ReaderEnded

__all__ = [
    "Cursor",
    "FramePart",
    "HubRegistry",
    "Person",
    "Range",
    "ReaderEnded",
    "SessionHub",
    "pulled_frame",
    "session_parts",
]
