"""Items that wait apart from the queue: in order, in turns, a commit's worth at a time, and not for ever."""

from dataclasses import dataclass
from typing import Any

import pytest

from opencode.lib.errors import ServiceUnavailable
from opencode.lib.groupcommit import LOCKED_SECONDS, RetryQueue

MANY = 1000


@dataclass(eq=False)
class Waiting:
    row_id: int
    bytes: int = 1
    outcome: Any = None
    locked_since: float | None = None


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def items(row_id: int, count: int, size: int = 1) -> list[Waiting]:
    return [Waiting(row_id, size) for _ in range(count)]


def test_patience_counts_from_the_first_lock_and_not_from_the_lock_after_it(clock: Clock) -> None:
    waiting, [item] = RetryQueue[Waiting](clock), items(1, 1)
    clock.now += 10 * LOCKED_SECONDS
    for _ in range(2):
        waiting.put_back([item])
        clock.now += LOCKED_SECONDS / 2
        assert waiting.refuse_old() == []
        assert waiting.take(MANY, MANY) == [item]
    waiting.put_back([item])
    clock.now += 1
    assert waiting.refuse_old() == [item]
    assert isinstance(item.outcome, ServiceUnavailable)
    assert not waiting


def test_what_came_before_and_after_the_lock_is_refused_with_it(clock: Clock) -> None:
    waiting = RetryQueue[Waiting](clock)
    first, behind, late = items(1, 3)
    waiting.put_first([first, behind])
    clock.now += 10 * LOCKED_SECONDS
    assert waiting.refuse_old() == []
    waiting.put_back(waiting.take(1, MANY))
    waiting.add(late)
    clock.now += LOCKED_SECONDS + 1
    assert waiting.refuse_old() == [first, behind, late]


def test_what_follows_a_row_that_is_not_locked_is_not_counted_as_locked(clock: Clock) -> None:
    waiting = RetryQueue[Waiting](clock)
    first, behind = items(1, 2)
    waiting.put_first([first])
    waiting.add(behind)
    clock.now += LOCKED_SECONDS + 1
    assert waiting.refuse_old() == []
    assert waiting.take(MANY, MANY) == [first, behind]


def test_all_rows_together_give_one_commits_worth_in_turns() -> None:
    waiting = RetryQueue[Waiting]()
    one, two, three = (items(row_id, 6, size=10) for row_id in (1, 2, 3))
    waiting.put_first([*one, *two, *three])
    assert waiting.take(8, MANY) == [*one, *two[:2]]
    assert waiting.take(MANY, 75) == [*three, *two[2:4]]
    waiting.put_first(three)
    assert waiting.take(MANY, MANY) == [*two[4:], *three]
