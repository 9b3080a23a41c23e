"""Indexes what search does not find yet: sessions from before there was an index, or indexed by older rules.

A worker walks through all sessions once, the newest first, a bounded piece a call; an update of the console restarts
it, and with it the walk. What changes meanwhile is indexed by its own due-mark.
"""

import time
from typing import Final

import structlog
from django.db.models import Max

from sync.archive.searching import session_index
from sync.models import Session
from sync.search import unindexed_sessions

log = structlog.get_logger(__name__)
WINDOW: Final = 5_000
"""How many rows a statement looks at."""
SECONDS: Final = 10.0
"""How long a call indexes; the rest of the minute belongs to what changes now."""


class SearchBackfill:
    """The walk of one process; `step` goes on where the last call ended, and does nothing once it has been through."""

    def __init__(self) -> None:
        self._below: int | None = None

    def step(self, *, seconds: float = SECONDS) -> int:
        """Index for so long; returns how many sessions were. Those that cannot be read are left to `search_rebuild`."""
        until = time.monotonic() + seconds
        if self._below is None:
            self._below = (Session.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
        indexed = 0
        while self._below > 0 and time.monotonic() < until:
            indexed += self._one(self._below)
        return indexed

    def _one(self, below: int) -> int:
        """The newest session below that is not indexed; without one in the window, only the walk goes on."""
        window = unindexed_sessions().filter(pk__lt=below, pk__gte=below - WINDOW)
        session_id = window.order_by("-pk").values_list("pk", flat=True).first()
        self._below = session_id or max(0, below - WINDOW)
        if session_id is None:
            return 0
        try:
            return int(session_index(session_id=session_id))
        except Exception:  # a snapshot that is damaged or away stops no other
            log.warning("session_not_indexed", session=session_id, exc_info=True)
            return 0


_of_process = SearchBackfill()


def search_backfill() -> int:
    """The next piece of this process's walk; returns how many sessions were indexed."""
    return _of_process.step()
