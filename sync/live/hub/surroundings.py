"""What a hub deals with: how it reads, what it is told, who waits at it, and how it ends them."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from sync.live.hub.frame import Frame
from sync.protocol.closing import CloseCode
from sync.store import StateRead

Load = Callable[[int, int, int | None], Awaitable[StateRead | None]]
Ended = Callable[[int, CloseCode], None]


class ReaderEnded(Exception):
    """The hub ends its readers: the session is gone or its epoch changed."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


class Range(NamedTuple):
    """Committed updates `first` … `last` and their entries' texts; `pieces` is None when they must be read."""

    epoch: str
    first: int
    last: int
    pieces: list[str] | None


class WaitingReader(Protocol):
    """A reader that has all there is and waits for more."""

    def give(self, frame: Frame, ordinal: int) -> None: ...
    def beat(self, wire: bytes) -> None: ...
    def wake(self) -> None: ...
