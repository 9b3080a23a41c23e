"""The retry queue: items that are tried again, in order and apart from the queue, so that no others wait for them.

Another transaction holds their row, or their lane had put them aside for a while.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from opencode.lib.errors import ServiceUnavailable
from opencode.lib.groupcommit.items import Item

T = TypeVar("T", bound=Item)

# Many times as long as warming a session of 50,000 entries keeps its row locked (docs/performance.md).
LOCKED_SECONDS: Final = 30.0


class RetryQueue(Generic[T]):
    """Items by their row, the oldest first. `monotonic` returns the time in seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._rows: dict[int, deque[T]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._rows

    def add(self, item: T) -> None:
        """Add an item behind those of its row that wait already."""
        waiting = self._rows[item.row_id]
        if waiting[-1].locked_since is not None:
            item.locked_since = self._monotonic()
        waiting.append(item)

    def take(self, count: int, size: int) -> list[T]:
        """Remove and return the items to try again: at most `count` of them, and about `size` bytes in all.

        Rows take turns, so that one that stays locked does not keep the others waiting.
        """
        taken: list[T] = []
        for row_id in list(self._rows):
            if count <= 0 or size <= 0:
                break
            waiting = self._rows.pop(row_id)
            while waiting and count > 0 and size > 0:
                taken.append(waiting.popleft())
                size -= taken[-1].bytes
                count -= 1
            if waiting:
                self._rows[row_id] = waiting
        return taken

    def put_first(self, items: Sequence[T]) -> None:
        """Put items in front of those of their rows that came later."""
        returned: dict[int, list[T]] = defaultdict(list)
        for item in items:
            returned[item.row_id].append(item)
        for row_id, first in returned.items():
            self._rows[row_id] = deque([*first, *self._rows.get(row_id, ())])

    def put_back(self, items: Sequence[T]) -> None:
        """Put back items whose rows were found locked; LOCKED_SECONDS begin for all that wait for these rows.

        For those that wait already LOCKED_SECONDS go on.
        """
        self.put_first(items)
        now = self._monotonic()
        for row_id in {item.row_id for item in items}:
            for item in self._rows[row_id]:
                item.locked_since = item.locked_since or now

    def refuse_old(self) -> list[T]:
        """Remove, refuse and return the items locked out for LOCKED_SECONDS; nothing of them was committed."""
        oldest = self._monotonic() - LOCKED_SECONDS
        refused: list[T] = []
        for row_id, waiting in list(self._rows.items()):
            while waiting and (waiting[0].locked_since or oldest) < oldest:
                waiting[0].outcome = ServiceUnavailable(retry_after=1)
                refused.append(waiting.popleft())
            if not waiting:
                del self._rows[row_id]
        return refused
