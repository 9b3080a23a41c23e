"""What bounds the calls of a process: how many at once and in a minute, bytes of bodies, repeats of one call."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cachetools import LRUCache, TTLCache
from django.conf import settings

from gateway.errors import CallRepeated, CallsTooMany, GatewayFull

CALLERS: Final = 10_000
MINUTE: Final = 60
REFUSED_SECONDS: Final = 600
"""A call that was sent again and again is refused for so long, counted from the last time."""


class Places:
    """Calls that are running, of all and of each caller."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._all = 0

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """A place for the time of a call. Raises GatewayFull, CallsTooMany."""
        if self._all >= settings.GATEWAY_CALLS_AT_ONCE:
            raise GatewayFull(retry_after=1)
        if self._of[caller] >= settings.GATEWAY_CALLER_CALLS_AT_ONCE:
            raise CallsTooMany(retry_after=1)
        self._all += 1
        self._of[caller] += 1
        try:
            yield
        finally:
            self._all -= 1
            self._of[caller] -= 1
            if not self._of[caller]:
                del self._of[caller]


class Rates:
    """Calls of each caller in the present minute."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: LRUCache[str, tuple[int, int]] = LRUCache(CALLERS)

    def count(self, caller: str) -> None:
        """One more call. Raises CallsTooMany, with the seconds until the minute is over."""
        now = self._clock()
        minute = int(now // MINUTE)
        began, count = self._counts.get(caller, (minute, 0))
        count = count + 1 if began == minute else 1
        if count > settings.GATEWAY_CALLER_CALLS_PER_MINUTE:
            raise CallsTooMany(retry_after=max(1, int((minute + 1) * MINUTE - now)))
        self._counts[caller] = (minute, count)


class HeldBytes:
    """Bytes of bodies that are in memory."""

    def __init__(self) -> None:
        self._bytes = 0

    @contextmanager
    def held(self, announced: str) -> Iterator[None]:
        """Room for a body of the announced length, which is the largest without one. Raises GatewayFull."""
        size = settings.GATEWAY_BODY_BYTES
        if announced.isdecimal():
            size = min(size, int(announced[:18]))
        if self._bytes + size > settings.GATEWAY_HELD_BYTES:
            raise GatewayFull(retry_after=1)
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size


class Repeats:
    """Calls that reached a provider: agents that misread an answer send the same call without bound or pause."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: LRUCache[tuple[str, str], deque[float]] = LRUCache(CALLERS)
        self._refused: TTLCache[tuple[str, str], bool] = TTLCache(CALLERS, REFUSED_SECONDS, clock)

    def check(self, session_id: str, digest: str) -> None:
        """Raises CallRepeated for a call that was sent too often; each refusal prolongs itself."""
        name = (session_id, digest)
        times = self._times.get(name)
        if times is not None and len(times) + 1 >= settings.GATEWAY_REPEATS and self._is_recent(times[0]):
            self._refused[name] = True
        if name in self._refused:
            self._refused[name] = True
            raise CallRepeated

    def note(self, session_id: str, digest: str) -> None:
        """This call was sent; calls that name no session are not counted."""
        if session_id:
            most = settings.GATEWAY_REPEATS - 1
            times = self._times.setdefault((session_id, digest), deque(maxlen=most))
            times.append(self._clock())

    def _is_recent(self, moment: float) -> bool:
        return self._clock() - moment < settings.GATEWAY_REPEAT_SECONDS
