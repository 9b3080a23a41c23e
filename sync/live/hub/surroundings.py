"""The types around a hub: how it reads, the ranges it is sent, the readers that wait at it, and how they end."""

from collections.abc import Awaitable, Callable, Sequence
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
    """Committed updates `first` … `last` and their entries' JSON; without `pieces` they are read from the database."""

    epoch: str
    first: int
    last: int
    pieces: list[str] | None


class Masking(Protocol):
    """Masks the original history for readers who have only a link, off the event loop."""

    async def state(self, state: StateRead) -> StateRead: ...
    async def ranges(self, updates: Sequence[Range]) -> list[Range]: ...


class WaitingReader(Protocol):
    """A reader that has all there is and waits for more."""

    def give(self, frame: Frame, ordinal: int) -> None: ...
    def beat(self, wire: bytes) -> None: ...
    def wake(self) -> None: ...
