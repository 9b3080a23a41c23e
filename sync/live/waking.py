"""Warms the cold sessions that publishes wait for, and passes each outcome to the writer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from opencode.lib.errors import Denial
from sync.errors import SessionCold

log = structlog.get_logger(__name__)


class Waking:
    """Lives on the event loop it is made in; `release(session_id, denial)` is called with each attempt's outcome."""

    def __init__(self, warm: Callable[[int], Awaitable[None]], release: Callable[[int, Denial | None], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._warm = warm
        self._release = release
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self, session_id: int) -> None:
        """Begin to warm the session soon; callable from any thread."""
        # The loop may end at any moment; the writer refuses what waits when it ends itself.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._begin, session_id)

    async def stop(self) -> None:
        """Cancel what is under way; to be called once `wake` is called no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, session_id: int) -> None:
        task = self._loop.create_task(self._wake_and_release(session_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wake_and_release(self, session_id: int) -> None:
        try:
            await self._warm(session_id)
        except SessionCold as denial:
            self._release(session_id, denial)
        except Exception:
            log.exception("session_not_woken", session=session_id)
            self._release(session_id, SessionCold(retry_after=1))
        else:
            self._release(session_id, None)
