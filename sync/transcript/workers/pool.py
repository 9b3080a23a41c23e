"""Rendering for pages: the workers' answers within a page's patience, and the cache of them."""

import atexit
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple

import msgspec
import structlog

from opencode.lib.caching import BoundedCache, text_bytes
from sync.render.entries import Job, Rendered
from sync.transcript.workers.process import RenderProcess
from sync.transcript.workers.turns import TURN_SECONDS, Patience, Turns
from sync.transcript.workers.worker import RenderAway, RenderFailed, RenderKilled, RenderLate, Worker

log = structlog.get_logger(__name__)

WORKERS: Final = 2
LINE_SECONDS: Final = 0.05
PAGE_SECONDS: Final = 1.0
CACHE_BYTES: Final = 64 * 1024 * 1024
REMEMBERED: Final = 20_000
"""How many entries that could not be rendered are remembered."""


class Outcome(NamedTuple):
    """`rendered` is None when only the entry's plain text can be shown.

    Then it `waits` and may be requested again, or it `is_broken`, or it exceeded the limits of an entry.
    """

    rendered: Rendered | None = None
    waits: bool = False
    is_broken: bool = False


Name = tuple[Hashable, ...]


class Task(NamedTuple):
    """A job, built only when it is rendered. The result of a named one is cached as (epoch, key, seq, …)."""

    name: Name | None
    job: Callable[[], Job]


class _Running(NamedTuple):
    task: Task
    job: Job


TOO_MUCH: Final = Outcome()
BROKEN: Final = Outcome(is_broken=True)
WAITS: Final = Outcome(waits=True)


class RenderPool:
    """One per process; thread-safe."""

    def __init__(self, process: RenderProcess, *, line_seconds: float, page_seconds: float) -> None:
        self.process = process
        self.line_seconds = line_seconds
        self.page_seconds = page_seconds
        self.kept: BoundedCache[Name, Rendered] = BoundedCache(
            CACHE_BYTES, size_of=lambda rendered: text_bytes(rendered.text)
        )
        self._hopeless: BoundedCache[Name, Outcome] = BoundedCache(REMEMBERED)
        self._running: dict[Worker, _Running] = {}
        self._workers = [Worker(process.worker) for _ in range(WORKERS)]
        self._turns = Turns(self._workers)

    def patience(self) -> Patience:
        """How long one page, or one request for fragments, waits for all of its entries."""
        return Patience(in_line=self.line_seconds, altogether=self.page_seconds)

    def render(self, session: Hashable, tasks: Sequence[Task], patience: Patience) -> list[Outcome]:
        """An outcome for each task, in their order. From the first on, as many are rendered as the patience allows."""
        found = [self._known(task) for task in tasks]
        missing = deque(number for number, outcome in enumerate(found) if outcome is None)
        while missing and time.monotonic() < patience.until:
            with self._turns.worker(session, patience) as worker:
                if worker is None:
                    break
                self._take_turn(worker, tasks, found, missing, patience)
        return [outcome or WAITS for outcome in found]

    def stop(self) -> None:
        """Stop at the end of this process. The workers would notice, but the interpreter warns of sockets left open."""
        for worker in self._workers:
            worker.close()
        self.process.stop()

    def invalidate(self, epoch: str) -> None:
        """Drop the cached results of a session's epoch."""
        self.kept.discard_where(lambda name: name[0] == epoch)
        self._hopeless.discard_where(lambda name: name[0] == epoch)

    def _take_turn(
        self,
        worker: Worker,
        tasks: Sequence[Task],
        found: list[Outcome | None],
        missing: deque[int],
        patience: Patience,
    ) -> None:
        """Render as many tasks as the turn allows, or all while no other page waits."""
        turn_until = time.monotonic() + TURN_SECONDS
        while missing:
            # Another page of this session may have had it rendered while this one waited in line.
            task = tasks[missing[0]]
            outcome = self._known(task) or self._rendered(worker, task, patience.until)
            if outcome.waits:
                return
            found[missing.popleft()] = outcome
            now = time.monotonic()
            if now >= patience.until or (now >= turn_until and self._turns.has_waiting):
                return

    def _known(self, task: Task) -> Outcome | None:
        if task.name is None:
            return None
        kept = self.kept.get(task.name)
        return Outcome(kept) if kept is not None else self._hopeless.get(task.name)

    def _rendered(self, worker: Worker, task: Task, until: float) -> Outcome:
        """The outcome of one task; a job that takes too much is tried once more, cautiously."""
        outcome = self._settled(worker, until)
        if outcome.waits:
            return outcome
        return self._known(task) or self._begun(worker, _Running(task, task.job()), until)

    def _begun(self, worker: Worker, running: "_Running", until: float) -> Outcome:
        try:
            worker.send(running.job, until)
        except RenderAway as error:
            log.warning("rendering_away", reason=str(error))
            return WAITS
        self._running[worker] = running
        return self._settled(worker, until)

    def _settled(self, worker: Worker, until: float) -> Outcome:
        """The outcome of the worker's present job. A job whose page stopped waiting still ends up in the cache."""
        running = self._running.get(worker)
        if running is None:
            return TOO_MUCH
        task, job = running
        try:
            rendered = worker.receive(until)
        except RenderLate:
            return WAITS
        except RenderKilled:
            del self._running[worker]
            if not job.is_cautious:
                return self._begun(worker, _Running(task, msgspec.structs.replace(job, is_cautious=True)), until)
            log.warning("rendering_took_too_much", key=job.key, seq=job.seq, characters=len(job.content))
            return self._remember(task, TOO_MUCH)
        except RenderFailed as error:
            del self._running[worker]
            log.error("rendering_failed", key=job.key, seq=job.seq, reason=str(error))
            return self._remember(task, BROKEN)
        del self._running[worker]
        if task.name is not None:
            self.kept.get_or_make(task.name, lambda: rendered)
        return Outcome(rendered)

    def _remember(self, task: Task, outcome: Outcome) -> Outcome:
        if task.name is not None:
            self._hopeless.get_or_make(task.name, lambda: outcome)
        return outcome


POOL: Final = RenderPool(RenderProcess(), line_seconds=LINE_SECONDS, page_seconds=PAGE_SECONDS)
atexit.register(POOL.stop)
