"""What one web process runs for the ledger: its lane, started at first use, and the beat that keeps its holds alive."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from billing.ledger.decision import Decision
from billing.services.lane import Call, LedgerLane
from billing.services.work import Work
from opencode.lib.errors import InternalError

BEAT_SECONDS: Final = 5.0


class LedgerRuntime:
    """Belongs to one event loop. Make and start it inside that loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.lane = LedgerLane(self._answer)
        self._beating: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.lane.start()
        self.lane.tell(self.lane.beat)
        self._beating = self.loop.create_task(self._beat())

    async def stop(self) -> None:
        """Commit what waits, then end the lane."""
        if self._beating is not None:
            self._beating.cancel()
        await self.loop.run_in_executor(None, self.lane.stop)

    async def execute(self, work: Work) -> Decision:
        """The decision once it is durable. Raises LedgerUnavailable, ServiceUnavailable, NotFound for no account."""
        call = Call(work, self.loop.create_future())
        self.lane.submit(call)
        assert call.waiter is not None
        return await call.waiter

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.lane.tell(self.lane.beat)

    def _answer(self, calls: Sequence[Call]) -> None:
        """In the lane's thread: one hop to the event loop for the whole batch."""
        with suppress(RuntimeError):
            # The loop may have ended, and everybody who waited with it.
            self.loop.call_soon_threadsafe(_resolve, calls)


def _resolve(calls: Sequence[Call]) -> None:
    for call in calls:
        waiter = call.waiter
        if waiter is None or waiter.done():
            continue
        if isinstance(call.outcome, Decision):
            waiter.set_result(call.outcome)
        else:
            waiter.set_exception(call.outcome or InternalError())


_current: LedgerRuntime | None = None


def ledger_runtime() -> LedgerRuntime:
    """The runtime of the running event loop, started at first use."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = LedgerRuntime()
        _current.start()
    return _current


async def ledger_stop() -> None:
    """End this loop's runtime, if it has one."""
    global _current
    if _current is not None and _current.loop is asyncio.get_running_loop():
        runtime, _current = _current, None
        await runtime.stop()
