"""One running call."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp

from gateway.relay.caller import Caller
from gateway.relay.costing import Basis
from gateway.relay.outgoing import Outgoing
from gateway.relay.quoting import Quote
from gateway.relay.reserving import Reserved
from gateway.selectors.routing import Candidate, Route
from gateway.wire.asking.ask import Ask
from gateway.wire.paths import Act

T = TypeVar("T")


class CallEnded(Exception):
    """The call was ended from outside; `Call.ended` says why."""


@dataclass(eq=False, slots=True)
class Call:
    """A call from its reservation to its settlement. `passed` are the client's headers that go on.

    `ended` says why it was ended from outside: `client_left`, `revoked`, `stopping`; empty while it runs.
    """

    id: str
    caller: Caller
    session_id: str
    digest: str
    ask: Ask
    route: Route
    quote: Quote
    reserved: Reserved
    basis: Basis
    out: Outgoing
    passed: dict[str, str]
    act: Act = Act.GENERATE
    ended: str = ""
    attempts: int = 0
    candidate: Candidate | None = None
    response: aiohttp.ClientResponse | None = None
    is_streaming: bool = False
    first_byte_at: float = 0.0
    is_estimated: bool = False
    cost: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: "asyncio.Task[object] | None" = None

    def end(self, reason: str) -> None:
        """Close the connection to the provider now; whoever waits for it gets CallEnded."""
        self.ended = self.ended or reason
        if self._waiting is not None:
            self._waiting.cancel()
        if self.response is not None:
            self.response.close()

    def client_left(self) -> None:
        """An answer in one piece is read to its end all the same: its usage is charged then, and not an estimate."""
        self.gone.set()
        if self.ask.is_stream:
            self.end("client_left")

    @property
    def has_ended(self) -> bool:
        return bool(self.ended)

    async def waiting(self, work: Awaitable[T]) -> T:
        """The result of `work`, unless the call is ended meanwhile. Raises CallEnded."""
        task: asyncio.Task[T] = asyncio.ensure_future(work)
        self._waiting = task
        try:
            return await task
        except asyncio.CancelledError:
            if self.has_ended and task.cancelled():
                raise CallEnded from None
            task.cancel()
            raise
        finally:
            self._waiting = None
