"""What one web process runs for session sync: the writer, the hubs, the fan-out, a few reading threads, the heartbeat.

A runtime belongs to one event loop; `get_runtime()` makes it on first use, the ASGI lifespan ends it.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

import structlog
from django.conf import settings
from django.db import connection

from opencode.lib.bounds import bound_connection
from opencode.lib.errors import Denial
from opencode.lib.memory import memory_trim
from sync.archive import READ_ATTEMPTS, WARM_SECONDS, warm_begin
from sync.errors import SessionCold
from sync.live.access import SessionAccess
from sync.live.connections import Connections
from sync.live.fanout import Fanout
from sync.live.hub import HubRegistry, Range, ReaderEnded
from sync.live.limits import PublishPace
from sync.live.masking import MaskingThread
from sync.live.measures import PUBLISHES, RuntimeLoad, count_settled
from sync.live.presence import Presence
from sync.live.waking import Waking
from sync.live.watching import NOTHING_WATCHED, SocketFacts, facts_now
from sync.protocol.closing import CloseCode
from sync.protocol.frames import entry_text
from sync.protocol.updates import PublishReceipt
from sync.store import SessionIsCold, StateRead, read_state
from sync.writer import Publish, SessionCommit, Writer

log = structlog.get_logger(__name__)
READING_THREADS: Final = 4
TRIM_SECONDS: Final = 20
# The writer's thread waits for the interpreter this long at most while the event loop is busy; Python's 5 ms would be
# the larger part of an acknowledgement's time.
SWITCH_SECONDS: Final = 0.0005
# Far longer than a message takes between processes.
SECOND_LOOK_SECONDS: Final = 0.25
T = TypeVar("T")


class Runtime:
    """One process's runtime. Make and start it inside the event loop it serves."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.fanout = Fanout(settings.SYNC_HEARTBEAT_SECONDS)
        self.connections = Connections()
        self.masking = MaskingThread()
        self.hubs = HubRegistry(self._load, self._opened, self.fanout.leave, self.connections.end_session, self.masking)
        self.presence = Presence(self.hubs, self.fanout, settings.SYNC_HEARTBEAT_SECONDS)
        self.pace = PublishPace()
        self._waking = Waking(self.warm, self._release)
        self._writer = Writer(self._deliver_commits, self._waking.wake)
        self._readers = ThreadPoolExecutor(READING_THREADS, "sync-reader", bound_connection)
        self._heartbeat: asyncio.Task[None] | None = None
        self._trimmed_count = 0
        self._trimmed_at = 0.0
        self._at_beat: set[Callable[[], Awaitable[None]]] = set()
        self._just_opened: list[int] = []
        self._second_look: asyncio.Task[None] | None = None

    def start(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._writer.start()
        self.fanout.start(self.hubs)
        self._heartbeat = self.loop.create_task(self._beat())

    async def stop(self) -> None:
        """End the readers, commit what waits, end the threads."""
        self.hubs.end_all(CloseCode.RESTART)
        for task in filter(None, (self._heartbeat, self._second_look)):
            task.cancel()
        await self.fanout.stop()
        await self.loop.run_in_executor(None, self._writer.stop)
        await self._waking.stop()
        await self.loop.run_in_executor(None, self._readers.shutdown)
        await self.loop.run_in_executor(None, self.masking.stop)

    def end_session(self, session_id: int) -> None:
        """The session is erased: end its readers and writers, and drop what is held of it."""
        self.hubs.end_session(session_id)
        self.connections.end_session(session_id, CloseCode.SESSION_REMOVED)

    async def drain(self, seconds: float) -> None:
        """End every socket with `bye` and wait until they are gone, `seconds` at most."""
        self.hubs.end_all(CloseCode.RESTART)
        self.connections.end_all(CloseCode.RESTART)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.connections.gone()

    def submit(self, publish: Publish) -> "asyncio.Future[PublishReceipt]":
        """Queue a publish; the future resolves after the commit, or with the Denial. Raises WriterBusy."""
        future: asyncio.Future[PublishReceipt] = self.loop.create_future()
        publish.waiter = future
        self._writer.submit(publish)
        return future

    def read(self, work: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
        """Run a database read in one of the reading threads."""
        return self.loop.run_in_executor(self._readers, _read, work, args)

    @property
    def load(self) -> RuntimeLoad:
        return RuntimeLoad(len(self.connections), len(self.hubs), self._writer.queued_bytes)

    async def read_warm(self, work: Callable[..., T], *args: Any) -> T:
        """Run a read of a session's entries in a reading thread; a cold session is warmed first. Raises SessionCold."""
        for _ in range(READ_ATTEMPTS):
            try:
                return await self.read(work, *args)
            except SessionIsCold as cold:
                await self.warm(cold.session_id)
        raise SessionCold(retry_after=1)

    async def warm(self, session_id: int) -> None:
        """Warm the session; returns when it is warm or already was. Raises SessionCold."""
        try:
            async with asyncio.timeout(WARM_SECONDS):
                await asyncio.shield(asyncio.wrap_future(warm_begin(session_id)))
        except TimeoutError:
            raise SessionCold(retry_after=1) from None

    async def open_hub(self, access: SessionAccess) -> None:
        """Load the session for a reader that can still be refused. Raises SessionCold."""
        with suppress(ReaderEnded):
            async with self.hubs.reading(access.session_id, is_masked=access.is_masked) as hub:
                await hub.open()

    def _load(self, session_id: int, since: int, rows: int | None) -> "Awaitable[StateRead | None]":
        return self.read_warm(read_state, session_id, since, rows)

    def _release(self, session_id: int, denial: Denial | None) -> None:
        self._writer.release(session_id, denial)

    def _deliver_commits(self, commits: list[SessionCommit], publishes: Sequence[Publish]) -> None:
        """In the writer's thread: encode what has readers, then go to the event loop once for the whole batch."""
        ranges = [
            (commit.session_id, _range_of(commit))
            for commit in commits
            if commit.session_id in self.hubs or self.fanout.is_read_elsewhere(commit.session_id)
        ]
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._resolve_and_deliver, ranges, publishes)

    def _resolve_and_deliver(self, ranges: list[tuple[int, Range]], publishes: Sequence[Publish]) -> None:
        PUBLISHES.inc(len(publishes))
        now = time.monotonic()
        for publish in publishes:
            future: asyncio.Future[PublishReceipt] = publish.waiter
            count_settled(publish, now)
            if future.done():
                continue
            if isinstance(publish.outcome, PublishReceipt):
                future.set_result(publish.outcome)
            else:
                future.set_exception(publish.outcome or Denial())
        for session_id, update in ranges:
            self.hubs.deliver(session_id, update)
        self.fanout.announce(ranges)

    def _opened(self, session_id: int) -> None:
        """Note a session that is read from now on, and look at its head again a moment later.

        Another process may have committed to it before it heard that we read it.
        """
        self.fanout.join(session_id)
        if self.fanout.has_others:
            self._just_opened.append(session_id)
            if self._second_look is None:
                self._second_look = self.loop.create_task(self._look_again())

    async def _look_again(self) -> None:
        try:
            while self._just_opened:
                await asyncio.sleep(SECOND_LOOK_SECONDS)
                opened, self._just_opened = self._just_opened, []
                self._compare(opened, await self.read(facts_now, opened, NOTHING_WATCHED))
        except Exception:
            log.exception("second_look_failed")
        finally:
            self._second_look = None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.SYNC_HEARTBEAT_SECONDS * 0.75)
            await self.beat()

    def at_beat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run this at every heartbeat too; adding it again changes nothing."""
        self._at_beat.add(work)

    async def beat(self) -> None:
        """Run once in every heartbeat: compare hubs and sockets with the database, and announce what is read here."""
        for work in (self.check, *self._at_beat):
            try:
                await work()
            except Exception:
                log.exception("heartbeat_failed")
        self.fanout.beat()
        self.presence.beat()
        self.hubs.sweep()
        self._trim()

    def _trim(self) -> None:
        """Return freed memory to the system: hubs that were closed leave holes in it."""
        now = self.loop.time()
        if self.hubs.closed_count != self._trimmed_count and now - self._trimmed_at > TRIM_SECONDS:
            self._trimmed_count, self._trimmed_at = self.hubs.closed_count, now
            self._readers.submit(memory_trim)

    async def check(self) -> None:
        """Compare all hubs and connections with the database, in one query, and send the heartbeats.

        A session that opens while the query runs is left for the next beat.
        """
        session_ids = self.hubs.session_ids
        watched = self.connections.facts()
        if not session_ids and not any(watched):
            return
        facts: SocketFacts = await self.read(facts_now, session_ids, watched)
        self.connections.end_refused(watched, facts)
        self._compare(session_ids, facts)
        for session_id in session_ids:
            for hub in self.hubs.of_session(session_id):
                hub.beat()

    def _compare(self, session_ids: Sequence[int], facts: SocketFacts) -> None:
        for session_id in session_ids:
            self.hubs.check(session_id, facts.sessions.get(session_id))


def _read(work: Callable[..., T], args: Sequence[Any]) -> T:
    connection.close_if_unusable_or_obsolete()
    return work(*args)


def _range_of(commit: SessionCommit) -> Range:
    """The commit as a range; without texts when they cannot be encoded, so that the sender still gets its receipt."""
    try:
        pieces = [entry_text(update.key, update.seq, update.content, update.deleted) for update in commit.updates]
    except Exception:
        log.exception("range_not_encoded", session=commit.session_id)
        return Range(commit.epoch, commit.first, commit.last, None)
    return Range(commit.epoch, commit.first, commit.last, pieces)


_current: Runtime | None = None


def get_runtime() -> Runtime:
    """The runtime of the running event loop, started at first use."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Runtime()
        _current.start()
    return _current


def runtime_load() -> RuntimeLoad:
    """The load of this process's runtime, all zero without one; callable from any thread."""
    runtime = _current
    return runtime.load if runtime is not None else RuntimeLoad()


def in_runtime(work: Callable[[Runtime], None]) -> None:
    """From any thread: run `work` soon on the event loop of this process's runtime; does nothing without one."""
    runtime = _current
    if runtime is not None:
        # The loop may end at any moment, and every socket with it.
        with suppress(RuntimeError):
            runtime.loop.call_soon_threadsafe(work, runtime)


async def drain_runtime(seconds: float) -> None:
    """End the sockets of this loop's runtime, if it has one."""
    if _current is not None and _current.loop is asyncio.get_running_loop():
        await _current.drain(seconds)


async def stop_runtime() -> None:
    """End this loop's runtime, if it has one."""
    global _current
    if _current is not None and _current.loop is asyncio.get_running_loop():
        runtime, _current = _current, None
        await runtime.stop()
