"""A web process's runtime that can die at any moment, for many lives in one test's process."""

import asyncio
from collections.abc import Sequence

import pytest

from sync.live import fanout, runtime
from sync.live.runtime import Runtime
from sync.protocol.closing import CloseCode
from sync.writer import Publish, SessionCommit, Writer
from sync.writer.queue import Deliver, Wake
from tests.faults.wire import Wire


class MortalWriter(Writer):
    """Once dead it commits nothing more, and nobody hears of what it was committing."""

    def __init__(self, deliver: Deliver, wake: Wake) -> None:
        super().__init__(self._deliver_while_alive, wake)
        self._deliver_alive = deliver
        self.is_dead = False

    def turn(self, batch: list[Publish]) -> None:
        if not self.is_dead:
            super().turn(batch)

    def _deliver_while_alive(self, commits: list[SessionCommit], publishes: Sequence[Publish]) -> None:
        if not self.is_dead:
            self._deliver_alive(commits, publishes)


async def runtime_started(wire: Wire) -> Runtime:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fanout, "get_channel_layer", lambda: wire)
        patch.setattr(runtime, "Writer", MortalWriter)
        started = Runtime()
    started.start()
    await asyncio.sleep(0)
    return started


async def runtime_killed(dying: Runtime) -> None:
    """What was queued or just committed is never answered or told; then its threads and tasks are cleared away."""
    writer = dying._writer
    assert isinstance(writer, MortalWriter)
    writer.is_dead = True
    dying.hubs.end_all(CloseCode.RESTART)
    await dying.stop()
