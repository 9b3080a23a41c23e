"""Rates and strikes, with the time passed in."""

import pytest

from sync.protocol.pacing import Strikes, TokenBucket


def passed(bucket: TokenBucket, now: float, tries: int = 100) -> int:
    return [bucket.wait(now) for _ in range(tries)].count(0.0)


def test_one_seconds_worth_passes_at_once_and_no_more() -> None:
    assert passed(TokenBucket(10, 5.0), 5.0) == 10


def test_a_rate_is_kept_over_time() -> None:
    bucket = TokenBucket(10, 0.0)
    passed(bucket, 0.0)
    assert [passed(bucket, second / 2) for second in range(1, 5)] == [5, 5, 5, 5]


def test_quiet_hours_save_up_one_second_only() -> None:
    bucket = TokenBucket(10, 0.0)
    assert passed(bucket, 3600.0) == 10


def test_refusal_says_when_to_come_back() -> None:
    bucket = TokenBucket(4, 0.0)
    passed(bucket, 0.0)
    wait = bucket.wait(0.0)
    assert wait == pytest.approx(0.25)
    assert bucket.wait(wait) == 0.0


def test_refusals_do_not_push_the_moment_away() -> None:
    bucket = TokenBucket(1, 0.0)
    passed(bucket, 0.0, tries=50)
    assert bucket.wait(1.0) == 0.0


def test_reserved_publishes_are_held_back_one_after_the_other() -> None:
    bucket = TokenBucket(2, 0.0)
    assert [bucket.reserve(0.0, 10) for _ in range(5)] == [0.0, 0.0, 0.5, 1.0, 1.5]


def test_nobody_is_held_back_longer_than_told() -> None:
    bucket = TokenBucket(1, 0.0)
    assert max(bucket.reserve(0.0, 3) for _ in range(50)) == 3.0


def test_clock_that_goes_back_takes_nothing_away() -> None:
    bucket = TokenBucket(1, 10.0)
    assert bucket.wait(9.0) == 0.0


def test_full_bucket_can_be_forgotten() -> None:
    bucket = TokenBucket(2, 0.0)
    assert bucket.is_full(0.0)
    bucket.wait(0.0)
    assert not bucket.is_full(0.1)
    assert bucket.is_full(1.0)


def test_strikes_count_as_long_as_nobody_waits() -> None:
    strikes = Strikes()
    assert [strikes.add(0.1 * step, 1.0) for step in range(4)] == [1, 2, 3, 4]


def test_waiting_as_told_wipes_the_strikes() -> None:
    strikes = Strikes()
    strikes.add(0.0, 1.0)
    strikes.add(0.5, 1.0)
    assert strikes.add(1.5, 1.0) == 1
