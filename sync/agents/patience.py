"""Retries on the server's side: agents never repeat a share call, so it is tried again here before it is refused."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from django.db import InterfaceError, OperationalError

from opencode.lib.errors import Denial, ServiceUnavailable, TooManyRequests
from sync.errors import WriterBusy

PATIENCE_SECONDS: Final = 10
# Refusals that pass by themselves.
PASSING: Final[tuple[type[Denial], ...]] = (WriterBusy, ServiceUnavailable, TooManyRequests)
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0
T = TypeVar("T")


async def patiently(
    attempt: Callable[[], Awaitable[T]],
    *,
    seconds: float | None = None,
    passing: tuple[type[Denial], ...] = PASSING,
) -> T:
    """The attempt's result. Passing refusals and database errors are retried for PATIENCE_SECONDS, or `seconds`.

    After that the last refusal is raised; a database error is raised as ServiceUnavailable.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (PATIENCE_SECONDS if seconds is None else seconds)
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await attempt()
        except passing:
            if loop.time() + pause > deadline:
                raise
        except (OperationalError, InterfaceError) as error:
            if loop.time() + pause > deadline:
                raise ServiceUnavailable from error
        # Jitter, or all waiting agents would retry at the same moment.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret hangs on it
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
