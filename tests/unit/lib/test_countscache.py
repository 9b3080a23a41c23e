"""What was counted stays counted, however many others are."""

import time
from collections.abc import Iterator

import pytest
import time_machine

from opencode.lib.countscache import KIND_ENTRIES, CountsCache, JSONSerializer, kind_of


@pytest.fixture
def cache() -> Iterator[CountsCache]:
    cache = CountsCache("test", {})
    yield cache
    cache.clear()


def test_a_flood_of_another_kind_pushes_nothing_out(cache: CountsCache) -> None:
    cache.set("allauth:rl:account:login_failed:5/300/key:abc", [1.5, 2.5], 300)
    for number in range(KIND_ENTRIES + 10):
        cache.add(f"allauth:rl:account:login_failed:10/60/ip:10.0.{number}", [1.0], 60)
        cache.add(f"rate:device-code|{number}", 1, 60)
    assert cache.get("allauth:rl:account:login_failed:5/300/key:abc") == [1.5, 2.5]


def test_a_flood_of_its_own_kind_pushes_out_what_was_counted_less(cache: CountsCache) -> None:
    cache.set("rate:guess|wanted", 10, 300)
    for number in range(2 * KIND_ENTRIES):
        cache.add(f"rate:guess|{number}", 1, 300)
    assert cache.get("rate:guess|wanted") == 10
    assert sum(len(entries) for entries in cache._store.kinds.values()) == KIND_ENTRIES


def test_entries_end_and_make_room(cache: CountsCache) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        assert cache.add("rate:x|1", 1, 60)
        assert not cache.add("rate:x|1", 1, 60)
        assert [cache.incr("rate:x|1"), cache.incr("rate:x|1")] == [2, 3]
        clock.shift(61)
        assert cache.get("rate:x|1") is None
        with pytest.raises(ValueError, match="rate:x"):
            cache.incr("rate:x|1")
        assert cache.add("rate:x|2", 1, 60)
        assert list(cache._store.kinds["rate:x"]) == ["rate:x|2"]


def test_what_is_taken_out_is_a_copy(cache: CountsCache) -> None:
    cache.set("a|b", [1], 60)
    cache.get("a|b").append(2)
    assert cache.get("a|b") == [1]
    assert cache.delete("a|b")
    assert not cache.delete("a|b")
    assert cache.get("a|b", "nothing") == "nothing"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("rate:api-address|2001:db8::/64:1", "rate:api-address"),
        ("allauth:rl:account:login:30/60/ip:ip:2001:db8::", "allauth:rl:account:login:30/60/ip:ip"),
        ("allauth:rl:account:login_failed:5/300/key:9f86d0:lock", "allauth:rl:account:login_failed:5/300/key:key"),
        ("held-place", "held-place"),
    ],
)
def test_kinds(key: str, kind: str) -> None:
    assert kind_of(key) == kind


@pytest.mark.parametrize("value", [3, [1.5, 2.5], True, "text", None])
def test_values_come_out_of_redis_as_they_went_in(value: object) -> None:
    written = JSONSerializer().dumps(value)
    assert JSONSerializer().loads(written if isinstance(written, bytes) else str(written).encode()) == value


def test_what_was_pickled_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        JSONSerializer().loads(b"cos\nsystem\n(S'true'\ntR.")
