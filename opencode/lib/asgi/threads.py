"""Runs database work of these routes off the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connection

from opencode.lib.bounds import bound_connection

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in one of the loop's own threads: creates may wait for a lock, which readers' threads must not."""

    def run() -> T:
        bound_connection()
        connection.close_if_unusable_or_obsolete()
        return work(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(None, run)
