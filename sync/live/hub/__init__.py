"""Fan-out inside one process: a hub for each session with local readers, another for its readers by links.

Connections are cursors over a hub's log. The door: `HubRegistry` for the runtime, `LogCursor` for followers.
"""

from sync.live.hub.board import Person
from sync.live.hub.cursor import LogCursor
from sync.live.hub.frame import rows_of, text_without_asks
from sync.live.hub.pull import pulled_part
from sync.live.hub.registry import HubRegistry
from sync.live.hub.session import SessionHub
from sync.live.hub.surroundings import Range, ReaderEnded

__all__ = [
    "HubRegistry",
    "LogCursor",
    "Person",
    "Range",
    "ReaderEnded",
    "SessionHub",
    "pulled_part",
    "rows_of",
    "text_without_asks",
]
