"""Rows that another transaction holds, as an open form of staff or a sweep would."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

TAKEN_SECONDS: Final = 10
HELD_SECONDS: Final = 60


@contextmanager
def held_elsewhere(take: Callable[[], object]) -> Iterator[None]:
    """Another thread's transaction, which has done `take`, stays open inside; for HELD_SECONDS at most."""
    taken, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                take()
                taken.set()
                release.wait(HELD_SECONDS)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert taken.wait(TAKEN_SECONDS)
        yield
    finally:
        release.set()
        holder.join()
