"""The cache of rendered HTML: once for all, bounded by bytes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync.transcript.cache import OVERHEAD_BYTES, RenderCache


def test_a_name_is_rendered_once() -> None:
    cache = RenderCache(100_000)
    renderings = [cache.get_or_render("a", lambda: "html") for _ in range(5)]
    assert renderings == ["html"] * 5
    assert cache.get_or_render("a", lambda: pytest.fail("rendered again")) == "html"


def test_an_empty_result_is_held_too() -> None:
    cache = RenderCache(100_000)
    cache.get_or_render("a", lambda: "")
    assert cache.get_or_render("a", lambda: pytest.fail("rendered again")) == ""


def test_readers_who_miss_at_once_cost_one_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = RenderCache(100_000)
    readers = 40
    looks = threading.Semaphore(0)
    get = cache._get

    def counted_get(name: object) -> str | None:
        found = get(name)
        looks.release()
        return found

    def render() -> str:
        # Everybody has looked and found nothing, this reader twice, before there is anything to find.
        assert all(looks.acquire(timeout=10) for _ in range(readers + 1))
        return "html"

    monkeypatch.setattr(cache, "_get", counted_get)
    with ThreadPoolExecutor(readers) as threads:
        seen = list(threads.map(lambda _: cache.get_or_render("a", render), range(readers)))
    assert seen == ["html"] * readers


def test_the_least_recently_used_goes_first() -> None:
    cache = RenderCache(10 * (1000 + OVERHEAD_BYTES))
    for number in range(10):
        cache.get_or_render(number, lambda: "x" * 1000)
    cache.get_or_render(0, lambda: pytest.fail("still held"))
    cache.get_or_render("new", lambda: "x" * 1000)
    assert cache.get_or_render(0, lambda: pytest.fail("was used")) == "x" * 1000
    assert cache.get_or_render(1, lambda: "again") == "again"


def test_bytes_stay_within_the_limit() -> None:
    cache = RenderCache(50_000)
    for number in range(1_000):
        cache.get_or_render(number, lambda: "ש" * 500)
    assert 40_000 < cache.bytes_held <= 50_000
    cache.clear()
    assert cache.bytes_held == 0


def test_one_large_value_does_not_drive_out_the_others() -> None:
    cache = RenderCache(50_000)
    cache.get_or_render("small", lambda: "x")
    assert cache.get_or_render("large", lambda: "x" * 40_000) == "x" * 40_000
    assert cache.get_or_render("large", lambda: "asked again") == "asked again"
    assert cache.get_or_render("small", lambda: pytest.fail("was driven out")) == "x"


def test_a_failed_rendering_is_not_held() -> None:
    cache = RenderCache(50_000)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_render("a", lambda: str(1 // 0))
    assert cache.get_or_render("a", lambda: "html") == "html"
