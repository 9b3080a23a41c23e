"""What one web process runs for model calls: the client for providers, its spool, the running calls, a beat."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from django.conf import settings
from django.db import connection

from billing.pricing.book import PriceBook
from billing.selectors.prices import price_book
from gateway.relay.admission import HeldBytes, Places, Rates, Repeats
from gateway.relay.caller import Caller, Callers
from gateway.relay.calls import Call
from gateway.relay.choosing import Choices
from gateway.relay.client import client_session, session_close
from gateway.relay.settling import Settling
from gateway.relay.standing import ended_calls
from gateway.relay.states import CredentialStates
from gateway.spool.recovery import spools_recover
from opencode.lib.bounds import bound_connection
from opencode.lib.caching import BoundedCache

log = structlog.get_logger(__name__)
T = TypeVar("T")
READING_THREADS: Final = 4
BEAT_SECONDS: Final = 1.0
RETRY_BEATS: Final = 3
RECOVERY_BEATS: Final = 10
BOOK_SECONDS: Final = 3.0
STOP_SECONDS: Final = 5.0


class GatewayRuntime:
    """Belongs to one event loop. Make and start it inside that loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.session = client_session()
        self.callers = Callers()
        self.choices = Choices()
        self.states = CredentialStates()
        self.places = Places()
        self.rates = Rates()
        self.held = HeldBytes()
        self.repeats = Repeats()
        self.settling = Settling(Path(settings.SPOOL_DIR))
        self.running: set[Call] = set()
        self.answer_bytes: int = settings.GATEWAY_ANSWER_BYTES
        self._books: BoundedCache[str, PriceBook] = BoundedCache(1, seconds=BOOK_SECONDS)
        self._readers = ThreadPoolExecutor(READING_THREADS, "gateway-reader", bound_connection)
        self._beating: asyncio.Task[None] | None = None
        self._beats = 0

    def start(self) -> None:
        self._beating = self.loop.create_task(self._beat())

    async def stop(self) -> None:
        """End the calls that are running, and settle them."""
        for call in list(self.running):
            call.end("stopping")
        await self._calls_gone()
        if self._beating is not None:
            self._beating.cancel()
        await self.settling.close()
        await self.states.close()
        await session_close(self.session)
        await self.loop.run_in_executor(None, self._readers.shutdown)

    async def _calls_gone(self) -> None:
        """Wait until calls that were ended are settled, STOP_SECONDS at most."""
        deadline = self.loop.time() + STOP_SECONDS
        while self.running and self.loop.time() < deadline:  # noqa: ASYNC110 - calls end by themselves
            await asyncio.sleep(0.02)

    def end_calls(self, is_concerned: Callable[[Caller], bool]) -> None:
        for call in [call for call in self.running if is_concerned(call.caller)]:
            call.end("revoked")

    def read(self, work: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
        """Run a database read in one of the reading threads."""
        return self.loop.run_in_executor(self._readers, _read, work, args)

    async def book(self) -> PriceBook:
        """The prices in force, at most BOOK_SECONDS old."""
        return await self._books.get_or_await("", lambda: self.read(price_book))

    async def beat(self) -> None:
        """Comments for silent streams, calls whose rights ended, settlements that are due, spools that were left."""
        self._beats += 1
        now = self.loop.time()
        for call in list(self.running):
            if call.is_streaming and not call.ended and now - call.out.sent_at > settings.GATEWAY_COMMENT_SECONDS:
                await call.out.comment()
        if self._beats % settings.GATEWAY_POLL_SECONDS == 0 and self.running:
            for call in await self.read(ended_calls, list(self.running)):
                call.end("revoked")
        if self._beats % RETRY_BEATS == 0 and self.settling.due:
            await self.settling.retry()
        if self._beats % RECOVERY_BEATS == 1:
            await self.read(spools_recover, Path(settings.SPOOL_DIR))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.beat()
            except Exception:
                log.exception("gateway_beat_failed")


def _read(work: Callable[..., T], args: Sequence[Any]) -> T:
    connection.close_if_unusable_or_obsolete()
    return work(*args)


_current: GatewayRuntime | None = None


def gateway_runtime() -> GatewayRuntime:
    """The runtime of the running event loop, started at first use."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = GatewayRuntime()
        _current.start()
    return _current


def gateway_running() -> GatewayRuntime | None:
    """This process's runtime, for other threads; None where no model calls are served."""
    return _current if _current is not None and _current.loop.is_running() else None


def gateway_start() -> None:
    """Begin at once, and not at the first call: there may be spools of a process that is gone."""
    gateway_runtime()


def calls_end(is_concerned: Callable[[Caller], bool]) -> None:
    """End the running calls of these callers, in whatever thread a fact is received; where none are served, nothing.

    The next calls of all callers are looked up again.
    """
    runtime = _current
    if runtime is not None and not runtime.loop.is_closed():
        runtime.callers.forget()
        runtime.loop.call_soon_threadsafe(runtime.end_calls, is_concerned)


async def gateway_stop() -> None:
    """End this loop's runtime, if it has one."""
    global _current
    if _current is not None and _current.loop is asyncio.get_running_loop():
        runtime, _current = _current, None
        with suppress(asyncio.CancelledError):
            await runtime.stop()
