"""What agents' batches were allowed by, remembered: agents sync once a second, most of which would be asking again.

A fact that ends one drops it at once in this process; of facts elsewhere the database is asked, for all of them in one
query within every heartbeat. What nobody has confirmed for a heartbeat does not stand, whatever kept the query away.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, TypeVar

from django.conf import settings

from opencode.lib.caching import BoundedCache
from sync.live import get_runtime

REMEMBERED_COUNT: Final = 10_000
# An agent that was quiet for so long is asked for again: only those at work are confirmed.
QUIET_SECONDS: Final = 60.0
V = TypeVar("V")


class ConfirmedRight(Generic[V]):
    """Something a batch was allowed by, as of `confirmed_at`; `stands` from any thread says whether it still is."""

    __slots__ = ("confirmed_at", "has_ended", "made_at", "used_at", "value")

    def __init__(self, value: V, asked_at: float) -> None:
        self.value = value
        self.has_ended = False
        self.made_at = self.confirmed_at = self.used_at = asked_at

    @property
    def stands(self) -> bool:
        return not self.has_ended and time.monotonic() - self.confirmed_at < settings.SYNC_HEARTBEAT_SECONDS


Confirm = Callable[[Mapping[str, V]], Mapping[str, V]]


class Remembered(Generic[V]):
    """Grounds by name. `confirm` reads in one query what those it is given have become, and leaves out what is gone.

    With `seconds`, what was found is looked up anew after that time all the same.
    """

    def __init__(self, confirm: "Confirm[V]", seconds: float | None = None) -> None:
        self._confirm = confirm
        self._seconds = seconds
        self._rights: BoundedCache[str, ConfirmedRight[V] | None] = BoundedCache(REMEMBERED_COUNT)

    async def find(self, name: str, look_up: Callable[[], Awaitable[V | None]]) -> ConfirmedRight[V] | None:
        """The right that stands, looked up when there is none; what was not found is looked up each time."""
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
        """Those that `is_over` is true of are looked up anew, by batches on their way to the writer too."""
        held = self._held()
        over = {name for name, right in held.items() if is_over(name, right.value)}
        for name in over:
            held[name].has_ended = True
        # What is being looked up may have been read before the fact: it is not kept either.
        self._rights.discard_where(lambda name: name in over or name not in held)

    def end_all(self) -> None:
        self.end_where(lambda _name, _value: True)

    async def confirm(self) -> None:
        """Ask for all that are in use whether they still are what they were."""
        asked_at = time.monotonic()
        rights = self._held()
        for name in [name for name, right in rights.items() if asked_at - right.used_at > QUIET_SECONDS]:
            self._rights.discard(name)
            del rights[name]
        if not rights:
            return
        values = {name: right.value for name, right in rights.items()}
        found = await get_runtime().read(self._confirm, values)
        for name, right in rights.items():
            if name in found:
                right.value, right.confirmed_at = found[name], asked_at
            else:
                right.has_ended = True
                self._rights.discard(name)

    def _held(self) -> dict[str, ConfirmedRight[V]]:
        return {name: right for name, right in self._rights.items() if right is not None}

    def _is_fresh(self, right: ConfirmedRight[V]) -> bool:
        return self._seconds is None or time.monotonic() - right.made_at < self._seconds


async def _looked_up(look_up: Callable[[], Awaitable[V | None]]) -> ConfirmedRight[V] | None:
    asked_at = time.monotonic()
    value = await look_up()
    return None if value is None else ConfirmedRight(value, asked_at)
