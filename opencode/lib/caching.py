"""The shared cache: bounded by entries or bytes, and optionally by age; no value is made twice at the same time."""

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

from cachetools import Cache, LRUCache, TTLCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# A value larger than this fraction of all bytes is not cached: it would evict too many others.
LARGEST_PART: Final = 8
# The approximate cost of an entry besides its value: its name, and its places in the cache's three tables.
ENTRY_BYTES: Final = 600


def text_bytes(text: str) -> int:
    """The size of a text in a cache; computed in constant time."""
    return sys.getsizeof(text) + ENTRY_BYTES


class _Abandoned(Exception):
    """The caller that made the value was cancelled; one of those waiting makes it instead."""


class BoundedCache(Generic[K, V]):
    """Values by name, least recently used evicted first; for any number of threads and event loops.

    `limit` counts entries or, with `size_of`, the bytes of all values, of which one value may take an eighth at most;
    `size_of` is called under the lock and must be quick. A value is valid for `seconds`, counted from when it was made.
    None is never cached: where V is optional, it means that there is no value yet, and the next caller looks again.
    """

    def __init__(
        self,
        limit: int,
        *,
        size_of: Callable[[V], int] | None = None,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._largest = limit if size_of is None else limit // LARGEST_PART
        self._size_of = size_of or _one
        self._values: Cache[K, V] = (
            LRUCache(limit, size_of) if seconds is None else TTLCache(limit, seconds, clock, size_of)
        )
        self._flights: dict[K, Future[V]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """The number of entries, or of bytes with `size_of`."""
        with self._lock:
            return int(self._values.currsize)

    def get(self, name: K) -> V | None:
        with self._lock:
            return self._values.get(name)

    def items(self) -> list[tuple[K, V]]:
        """The cached (name, value) pairs."""
        with self._lock:
            return list(self._values.items())

    def get_or_make(self, name: K, make: Callable[[], V]) -> V:
        """The value, made in this thread when there is none; other callers for the same name wait meanwhile.

        An exception of `make` is raised to all of them and not cached. `make` must not request the same name again.
        """
        while (found := self.get(name)) is None:
            flight, is_first = self._join(name)
            if is_first:
                return self._made(name, flight, make)
            try:
                return flight.result()
            except _Abandoned:
                continue
        return found

    async def get_or_await(self, name: K, make: Callable[[], Awaitable[V]]) -> V:
        """The value, awaited in a task of its own when there is none: each waiting caller may be cancelled alone.

        An exception of `make` is raised to all of them and not cached.
        """
        while (found := self.get(name)) is None:
            flight, is_first = self._join(name)
            if is_first:
                task = asyncio.create_task(self._awaited(name, flight, make))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            try:
                return await asyncio.wrap_future(flight)
            except _Abandoned:
                if is_first:
                    raise asyncio.CancelledError from None
        return found

    def discard(self, name: K) -> None:
        """Drop the value; one that is being made is still given to the callers waiting for it, and not cached."""
        with self._lock:
            self._values.pop(name, None)
            self._flights.pop(name, None)

    def discard_where(self, is_gone: Callable[[K], bool]) -> None:
        """`discard` every name for which `is_gone` returns true; it is called under the lock."""
        with self._lock:
            for name in [name for name in self._values if is_gone(name)]:
                self._values.pop(name, None)
            for name in [name for name in self._flights if is_gone(name)]:
                del self._flights[name]

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._flights.clear()

    def _join(self, name: K) -> tuple["Future[V]", bool]:
        """A future for the value, and whether this caller has to make it."""
        with self._lock:
            known = self._flights.get(name)
            if known is not None:
                return known, False
            flight: Future[V] = Future()
            # Several callers wait for it: none of them may cancel it.
            flight.set_running_or_notify_cancel()
            # Another caller may have made it since this one looked.
            found = self._values.get(name)
            if found is not None:
                flight.set_result(found)
            else:
                self._flights[name] = flight
            return flight, found is None

    def _made(self, name: K, flight: "Future[V]", make: Callable[[], V]) -> V:
        try:
            value = make()
            self._keep(name, flight, value)
        except BaseException as error:
            self._fail(name, flight, error)
            raise
        flight.set_result(value)
        return value

    async def _awaited(self, name: K, flight: "Future[V]", make: Callable[[], Awaitable[V]]) -> None:
        try:
            value = await make()
            self._keep(name, flight, value)
        except Exception as error:
            self._fail(name, flight, error)
        except BaseException as error:
            self._fail(name, flight, error)
            raise
        else:
            flight.set_result(value)

    def _keep(self, name: K, flight: "Future[V]", value: V) -> None:
        with self._lock:
            if self._flights.get(name) is not flight:
                # Discarded meanwhile: the value may be outdated.
                return
            if value is not None and self._size_of(value) <= self._largest:
                self._values[name] = value
            del self._flights[name]

    def _fail(self, name: K, flight: "Future[V]", error: BaseException) -> None:
        with self._lock:
            if self._flights.get(name) is flight:
                del self._flights[name]
        flight.set_exception(error if isinstance(error, Exception) else _Abandoned())


def _one(_value: object) -> int:
    return 1
