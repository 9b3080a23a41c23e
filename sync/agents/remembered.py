"""Remembers the rights of agents' batches: agents sync once a second, and each sync would look up the same right.

A fact that ends a right drops it at once in this process; for facts elsewhere, one query within every heartbeat asks
the database about all of them. A right that was not confirmed for a heartbeat is not valid, whatever delayed the query.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, TypeVar

from django.conf import settings

from opencode.lib.caching import BoundedCache
from sync.live import get_runtime

REMEMBERED_COUNT: Final = 10_000
# After so long without a batch the right is dropped and looked up again: only agents at work are confirmed.
QUIET_SECONDS: Final = 60.0
V = TypeVar("V")


class ConfirmedRight(Generic[V]):
    """A right of an agent's batches, confirmed at `confirmed_at` (monotonic seconds).

    `stands`, from any thread: whether it has not ended and was confirmed within a heartbeat.
    """

    __slots__ = ("confirmed_at", "has_ended", "made_at", "used_at", "value")

    def __init__(self, value: V, checked_at: float) -> None:
        self.value = value
        self.has_ended = False
        self.made_at = self.confirmed_at = self.used_at = checked_at

    @property
    def stands(self) -> bool:
        return not self.has_ended and time.monotonic() - self.confirmed_at < settings.SYNC_HEARTBEAT_SECONDS


Confirm = Callable[[Mapping[str, V]], Mapping[str, V]]


class Remembered(Generic[V]):
    """Rights by name. `confirm` takes the known values and returns, by one query, the current ones of those not gone.

    With `seconds`, a right is looked up again after that time even when it is still confirmed.
    """

    def __init__(self, confirm: "Confirm[V]", seconds: float | None = None) -> None:
        self._confirm = confirm
        self._seconds = seconds
        self._rights: BoundedCache[str, ConfirmedRight[V] | None] = BoundedCache(REMEMBERED_COUNT)

    async def find(self, name: str, look_up: Callable[[], Awaitable[V | None]]) -> ConfirmedRight[V] | None:
        """The confirmed right, looked up when none is remembered; None when there is none, which is not remembered."""
        right = self._rights.get(name)
        if right is not None and not (right.stands and self._is_fresh(right)):
            self._rights.discard(name)
        get_runtime().at_beat(self.confirm)
        right = await self._rights.get_or_await(name, lambda: _looked_up(look_up))
        if right is not None:
            right.used_at = time.monotonic()
        return right

    def end(self, name: str) -> None:
        self.end_where(lambda known, _value: known == name)

    def end_where(self, is_over: Callable[[str, V], bool]) -> None:
        """End the rights for which `is_over(name, value)` holds; batches already on their way look them up again."""
        held = self._held()
        over = {name for name, right in held.items() if is_over(name, right.value)}
        for name in over:
            held[name].has_ended = True
        # A look-up under way may have read the row before the fact: its result is not remembered either.
        self._rights.discard_where(lambda name: name in over or name not in held)

    def end_all(self) -> None:
        self.end_where(lambda _name, _value: True)

    async def confirm(self) -> None:
        """Confirm all rights in use with one query, end those that are gone, and drop those not used lately."""
        checked_at = time.monotonic()
        rights = self._held()
        for name in [name for name, right in rights.items() if checked_at - right.used_at > QUIET_SECONDS]:
            self._rights.discard(name)
            del rights[name]
        if not rights:
            return
        values = {name: right.value for name, right in rights.items()}
        found = await get_runtime().read(self._confirm, values)
        for name, right in rights.items():
            if name in found:
                right.value, right.confirmed_at = found[name], checked_at
            else:
                right.has_ended = True
                self._rights.discard(name)

    def _held(self) -> dict[str, ConfirmedRight[V]]:
        return {name: right for name, right in self._rights.items() if right is not None}

    def _is_fresh(self, right: ConfirmedRight[V]) -> bool:
        return self._seconds is None or time.monotonic() - right.made_at < self._seconds


async def _looked_up(look_up: Callable[[], Awaitable[V | None]]) -> ConfirmedRight[V] | None:
    checked_at = time.monotonic()
    value = await look_up()
    return None if value is None else ConfirmedRight(value, checked_at)
