"""Writes that no request waits for: gathered, written together, kept while they cannot be written, bounded."""

import threading
from collections.abc import Mapping

import pytest

from opencode.lib.latewrites import LateWrites, MakeTimer


class Written:
    """What was written, at each writing; `is_away` makes the next ones fail."""

    def __init__(self) -> None:
        self.all: list[dict[str, int]] = []
        self.is_away = False

    def __call__(self, values: Mapping[str, int]) -> None:
        if self.is_away:
            raise ConnectionError
        self.all.append(dict(values))


def sums(
    written: Written, *, seconds: float = 0, limit: int = 10, timer: MakeTimer = threading.Timer
) -> LateWrites[str, int]:
    return LateWrites(
        written, join=lambda waiting, added: waiting + added, seconds=lambda: seconds, limit=limit, make_timer=timer
    )


def test_values_of_a_key_are_joined_and_written_once() -> None:
    written = Written()
    late = sums(written)
    for key, value in (("a", 1), ("b", 5), ("a", 2)):
        late.add(key, value)
    late.flush()
    late.flush()
    assert written.all == [{"a": 3, "b": 5}]


def test_what_cannot_be_written_is_kept_and_joined_with_what_comes() -> None:
    written = Written()
    late = sums(written)
    late.add("a", 1)
    written.is_away = True
    late.flush()
    late.add("a", 1)
    written.is_away = False
    late.flush()
    assert written.all == [{"a": 2}]


def test_beyond_the_limit_new_keys_are_dropped_and_known_ones_are_not(caplog: pytest.LogCaptureFixture) -> None:
    written = Written()
    late = sums(written, limit=2)
    for key in "abcda":
        late.add(key, 1)
    late.flush()
    assert written.all == [{"a": 2, "b": 1}]
    assert "late_writes_dropped" in caplog.text


def test_one_timer_runs_for_all_that_wait_and_another_after_it() -> None:
    started: list[float] = []

    class Timer(threading.Timer):
        def start(self) -> None:
            started.append(self.interval)

    late = sums(Written(), seconds=60, timer=Timer)
    for key in "abc":
        late.add(key, 1)
    assert started == [60]
    late.flush()
    late.add("a", 1)
    assert started == [60, 60]
    late.take()


def test_a_background_thread_writes_without_being_asked() -> None:
    done = threading.Event()
    late: LateWrites[str, int] = LateWrites(lambda _: done.set(), join=max, seconds=lambda: 0.001)
    late.add("a", 1)
    assert done.wait(10)
