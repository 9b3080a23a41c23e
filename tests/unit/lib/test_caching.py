"""The bounded cache: what it keeps, how long, and that nobody makes what another is making."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from opencode.lib.caching import ENTRY_BYTES, BoundedCache, text_bytes

WAIT_SECONDS = 10


class Joins:
    """Counts who has looked for a name that was not there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cache: BoundedCache[Any, Any]) -> None:
        self._seen = threading.Semaphore(0)
        self._join = cache._join
        monkeypatch.setattr(cache, "_join", self)

    def __call__(self, name: object) -> Any:
        joined = self._join(name)
        self._seen.release()
        return joined

    def wait(self, count: int) -> None:
        assert all(self._seen.acquire(timeout=WAIT_SECONDS) for _ in range(count))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def never() -> Any:
    pytest.fail("made again")


async def never_awaited() -> Any:
    pytest.fail("made again")


def texts_of(limit: int) -> BoundedCache[object, str]:
    return BoundedCache(limit, size_of=text_bytes)


def test_value_is_made_once() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    assert cache.get_or_make("a", lambda: 1) == 1
    assert cache.get_or_make("a", never) == 1
    assert (cache.get("a"), cache.get("b"), cache.size) == (1, None, 1)


def test_empty_value_is_kept_and_none_is_not() -> None:
    cache: BoundedCache[str, str | None] = BoundedCache(10)
    assert cache.get_or_make("empty", lambda: "") == ""
    assert cache.get_or_make("empty", never) == ""
    assert cache.get_or_make("nothing", lambda: None) is None
    assert cache.size == 1
    assert cache.get_or_make("nothing", lambda: "something") == "something"


def test_least_recently_used_goes_first() -> None:
    cache: BoundedCache[int, int] = BoundedCache(10)
    for number in range(10):
        cache.get_or_make(number, lambda: 1)
    cache.get(0)
    cache.get_or_make(10, lambda: 1)
    assert (cache.get(0), cache.get(1), cache.size) == (1, None, 10)


def test_bytes_stay_within_the_limit() -> None:
    cache = texts_of(100_000)
    for number in range(1_000):
        cache.get_or_make(number, lambda: "ש" * 500)
    assert 90_000 < cache.size <= 100_000
    cache.clear()
    assert (cache.size, cache.get(999)) == (0, None)


def test_one_large_value_does_not_drive_out_the_others() -> None:
    cache = texts_of(80_000)
    cache.get_or_make("small", lambda: "x")
    assert cache.get_or_make("large", lambda: "x" * 10_000) == "x" * 10_000
    assert cache.get_or_make("large", lambda: "asked again") == "asked again"
    assert cache.get_or_make("small", never) == "x"


def test_text_costs_what_its_widest_character_takes() -> None:
    narrow, wide = (text_bytes(character * 1_000) - ENTRY_BYTES for character in ("x", "😀"))
    assert 1_000 <= narrow < 1_100
    assert 4_000 <= wide < 4_100


def test_value_stands_for_its_time() -> None:
    clock = Clock()
    cache: BoundedCache[str, int] = BoundedCache(10, seconds=2, clock=clock)
    cache.get_or_make("a", lambda: 1)
    clock.now += 1.9
    assert cache.get_or_make("a", never) == 1
    clock.now += 0.1
    assert cache.get_or_make("a", lambda: 2) == 2


def test_threads_that_miss_at_once_cost_one_making(monkeypatch: pytest.MonkeyPatch) -> None:
    cache: BoundedCache[str, object] = BoundedCache(10)
    joins, readers = Joins(monkeypatch, cache), 40

    def make() -> object:
        joins.wait(readers)
        return object()

    with ThreadPoolExecutor(readers) as threads:
        seen = list(threads.map(lambda _: cache.get_or_make("a", make), range(readers)))
    assert seen == [cache.get("a")] * readers


def test_another_name_does_not_wait() -> None:
    cache: BoundedCache[int, int] = BoundedCache(1_000)
    making, other_made = threading.Event(), threading.Event()

    def slow() -> int:
        making.set()
        assert other_made.wait(WAIT_SECONDS)
        return 0

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(cache.get_or_make, 0, slow)
        assert making.wait(WAIT_SECONDS)
        assert [cache.get_or_make(number, lambda: 1) for number in range(1, 500)] == [1] * 499
        other_made.set()
        assert first.result(WAIT_SECONDS) == 0


def test_value_that_came_since_the_look_is_not_made_again() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    cache.get_or_make("a", lambda: 1)
    flight, is_first = cache._join("a")
    assert (flight.result(0), is_first) == (1, False)


def test_failure_is_raised_to_all_who_wait_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    joins = Joins(monkeypatch, cache)

    def fail() -> int:
        joins.wait(2)
        raise ZeroDivisionError

    with ThreadPoolExecutor(2) as threads:
        asking = [threads.submit(cache.get_or_make, "a", fail) for _ in range(2)]
        assert [type(one.exception(WAIT_SECONDS)) for one in asking] == [ZeroDivisionError] * 2
    assert cache.get_or_make("a", lambda: 1) == 1


def test_when_the_first_is_stopped_another_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    joins, begun = Joins(monkeypatch, cache), threading.Event()

    def stopped() -> int:
        begun.set()
        joins.wait(2)
        raise SystemExit

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get_or_make, "a", stopped)
        assert begun.wait(WAIT_SECONDS)
        second = threads.submit(cache.get_or_make, "a", lambda: 2)
        assert isinstance(first.exception(WAIT_SECONDS), SystemExit)
        assert second.result(WAIT_SECONDS) == 2


def test_value_that_cannot_be_measured_leaves_nobody_waiting() -> None:
    cache: BoundedCache[str, Any] = BoundedCache(10_000, size_of=len)
    with pytest.raises(TypeError):
        cache.get_or_make("a", lambda: 1)
    assert cache.get_or_make("a", lambda: "text") == "text"


DROPS: list[Callable[[BoundedCache[str, int]], None]] = [
    lambda cache: cache.discard("a"),
    lambda cache: cache.discard_where(lambda name: name == "a"),
    lambda cache: cache.clear(),
]


@pytest.mark.parametrize("drop", DROPS, ids=["one", "where", "all"])
def test_dropped_value_is_made_again(drop: Callable[[BoundedCache[str, int]], None]) -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    cache.get_or_make("a", lambda: 1)
    drop(cache)
    assert cache.get_or_make("a", lambda: 2) == 2


@pytest.mark.parametrize("drop", DROPS, ids=["one", "where", "all"])
def test_value_dropped_while_it_is_made_is_not_kept(drop: Callable[[BoundedCache[str, int]], None]) -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)

    def make() -> int:
        drop(cache)
        assert cache.get_or_make("a", lambda: 2) == 2
        return 1

    assert cache.get_or_make("a", make) == 1
    assert cache.get("a") == 2


def test_dropping_spares_the_others() -> None:
    cache: BoundedCache[tuple[str, int], int] = BoundedCache(10)
    for name in [("a", 1), ("a", 2), ("b", 1)]:
        cache.get_or_make(name, lambda: 1)
    cache.discard_where(lambda name: name[0] == "a")
    assert (cache.get(("a", 1)), cache.get(("b", 1)), cache.size) == (None, 1, 1)


def waiting_for(event: asyncio.Event, value: int) -> Callable[[], Awaitable[int]]:
    async def make() -> int:
        await event.wait()
        return value

    return make


async def joined(event: asyncio.Event, cache: BoundedCache[str, int], count: int) -> list[asyncio.Task[int]]:
    """So many who wait for one value, of whom the first makes it once the event is set."""
    makers = [waiting_for(event, 1), *[never_awaited] * (count - 1)]
    asking = [asyncio.create_task(cache.get_or_await("a", make)) for make in makers]
    # Each runs until it waits.
    await asyncio.sleep(0)
    return asking


async def test_tasks_that_miss_at_once_cost_one_making() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    event = asyncio.Event()
    asking = await joined(event, cache, 40)
    event.set()
    assert await asyncio.gather(*asking) == [1] * 40
    assert await cache.get_or_await("a", never_awaited) == 1


async def test_cancelling_one_who_waits_leaves_the_others_waiting() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    event = asyncio.Event()
    first, second = await joined(event, cache, 2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    event.set()
    assert await second == 1


async def test_failure_is_raised_to_all_tasks_and_not_kept() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    asking = [cache.get_or_await("a", fail) for _ in range(2)]
    assert [type(one) for one in await asyncio.gather(*asking, return_exceptions=True)] == [ZeroDivisionError] * 2
    assert await cache.get_or_await("a", partial(asyncio.sleep, 0, 2)) == 2


async def test_when_the_making_is_cancelled_its_first_is_and_another_makes_it() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    first = asyncio.create_task(cache.get_or_await("a", asyncio.Event().wait))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    second = asyncio.create_task(cache.get_or_await("a", partial(asyncio.sleep, 0, 2)))
    await asyncio.sleep(0)
    (making,) = cache._tasks
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == 2


def test_event_loops_and_threads_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    cache: BoundedCache[str, int] = BoundedCache(10)
    joins, begun = Joins(monkeypatch, cache), threading.Event()

    def make() -> int:
        begun.set()
        joins.wait(3)
        return 1

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(cache.get_or_make, "a", make)
        assert begun.wait(WAIT_SECONDS)
        loops = [threads.submit(asyncio.run, cache.get_or_await("a", never_awaited)) for _ in range(2)]
        assert [one.result(WAIT_SECONDS) for one in (first, *loops)] == [1, 1, 1]
