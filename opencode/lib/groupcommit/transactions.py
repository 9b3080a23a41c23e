"""A writer's transaction: how it waits for SQLite's write lock, which a sweep takes again and again for moments.

SQLite sleeps longer after each failed attempt, up to 100 ms, and so misses the moments in between; a writer, for
which everybody waits, attempts it every few milliseconds. Other databases lock rows, and nothing differs there.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from django.db import OperationalError, connection, transaction

from opencode.lib.bounds import LOCK_SECONDS, bound_connection, is_lock_wait_over

ATTEMPT_SECONDS: Final = 0.004
"""The duration of one attempt; within it SQLite sleeps for 1, 2 and 1 ms."""
CACHE_KIB: Final = 16 * 1024
"""SQLite's cache of a writer's connection: it touches the indexes of whatever is written to."""


def bound_writer_connection() -> None:
    """Set timeouts and cache of a writer's thread, before its first query; it writes in `write_transaction` only."""
    bound_connection()
    if connection.vendor == "sqlite":
        own = connection.settings_dict
        options = own["OPTIONS"]
        first = f"{options.get('init_command', '')} PRAGMA cache_size=-{CACHE_KIB};"
        connection.settings_dict = {**own, "OPTIONS": {**options, "timeout": ATTEMPT_SECONDS, "init_command": first}}


@contextmanager
def write_transaction() -> Iterator[None]:
    """`atomic()` with the write lock, waited for LOCK_SECONDS at least; then it raises OperationalError."""
    deadline = time.monotonic() + LOCK_SECONDS
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(transaction.atomic())
                break
            except OperationalError as error:
                if connection.vendor != "sqlite" or not is_lock_wait_over(error) or time.monotonic() > deadline:
                    raise
        yield
