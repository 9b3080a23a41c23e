"""Rids the index of the words of what was deleted, which its engine keeps until it is asked to let go of them.

SQLite merges in steps, each a short transaction of its own, and may be stopped between two of them: it goes on at the
next call. MySQL and MariaDB make the table anew, which holds up nothing but writing to the index.
"""

import time
from datetime import datetime, timedelta
from typing import Final

import structlog

from sync.models import SearchCleaning
from sync.search.engines import engine

log = structlog.get_logger(__name__)
SECONDS: Final = 20.0
"""How long one call may go on with a cleaning that has steps."""
REST_FACTOR: Final = 20
"""After a cleaning the next one waits this many times as long as its last call took."""


def index_clean(*, now: datetime) -> None:
    """Begin a cleaning, or go on with one; nothing while it rests."""
    row, _ = SearchCleaning.objects.get_or_create(pk=1)
    if row.rest_until is not None and row.rest_until > now:
        return
    started = time.monotonic()
    here = engine()
    if row.began_at is None:
        here.clean_begin()
        # Only now: a worker that dies in between begins again.
        SearchCleaning.objects.filter(pk=1).update(began_at=now)
        row.began_at = now
    while here.clean_step():
        if time.monotonic() - started > SECONDS:
            return
    took = time.monotonic() - started
    SearchCleaning.objects.filter(pk=1).update(
        cleaned_at=row.began_at, began_at=None, rest_until=now + timedelta(seconds=took * REST_FACTOR)
    )
    log.info("search_index_cleaned", seconds=round(took, 3))


def is_cleaned_since(moment: datetime) -> bool:
    """Whether what was deleted before that moment is gone from the index."""
    return SearchCleaning.objects.filter(cleaned_at__gt=moment).exists()
