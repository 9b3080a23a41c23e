"""Which credential a call tries first: the session's last one, whose provider still has its prompt, then in order."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from cachetools import LRUCache, TTLCache
from django.conf import settings

from gateway.selectors.routing import Candidate

SESSIONS: Final = 10_000
CREDENTIALS: Final = 10_000


class Choices:
    """What this process knows of credentials: who used which last, which failed a moment ago, how busy each is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._last: LRUCache[tuple[str, str], str] = LRUCache(SESSIONS)
        self._cooled: TTLCache[str, bool] = TTLCache(CREDENTIALS, settings.GATEWAY_COOL_SECONDS, clock)
        self._busy: Counter[str] = Counter()

    def ordered(self, candidates: tuple[Candidate, ...], session_id: str, model: str, now: datetime) -> list[Candidate]:
        """Cooled ones come last: they may be better than nothing. Those with all their calls taken are left out."""
        last = self._last.get((session_id, model)) if session_id else None
        free = [each for each in candidates if not self._is_full(each)]
        return sorted(free, key=lambda each: (self._is_cooled(each, now), each.credential_id != last))

    def answered(self, candidate: Candidate, session_id: str, model: str) -> None:
        """It served the session: the next call tries it first."""
        if session_id:
            self._last[session_id, model] = candidate.credential_id

    def cool(self, candidate: Candidate) -> None:
        """It failed: others come first for GATEWAY_COOL_SECONDS."""
        self._cooled[candidate.credential_id] = True

    @contextmanager
    def used(self, candidate: Candidate) -> Iterator[None]:
        """Counts one more call of it for a while."""
        self._busy[candidate.credential_id] += 1
        try:
            yield
        finally:
            self._busy[candidate.credential_id] -= 1
            if not self._busy[candidate.credential_id]:
                del self._busy[candidate.credential_id]

    def _is_full(self, candidate: Candidate) -> bool:
        return candidate.concurrency is not None and self._busy[candidate.credential_id] >= candidate.concurrency

    def _is_cooled(self, candidate: Candidate, now: datetime) -> bool:
        is_cooled_for_all = candidate.cooled_until is not None and candidate.cooled_until > now
        return is_cooled_for_all or candidate.credential_id in self._cooled
