"""Fan-out inside one process: one hub for each session with local readers; connections are cursors over its log."""

from sync.live.hub.board import Person
from sync.live.hub.cursor import Cursor
from sync.live.hub.parts import FramePart, session_parts
from sync.live.hub.pull import pulled_frame
from sync.live.hub.registry import HubRegistry
from sync.live.hub.session import SessionHub
from sync.live.hub.surroundings import Range, ReaderEnded

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
