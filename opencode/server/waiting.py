"""Connections on which no request is at work: who has to go when there is no room for the next one."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Connection = TypeVar("Connection", bound=Hashable)


class WaitingConnections(Generic[Connection]):
    """`silent` ones have not said what they want, `kept` ones were answered before. Every step takes constant time."""

    def __init__(self) -> None:
        self._silent: dict[Connection, str] = {}
        self._kept: dict[Connection, str] = {}
        self._crowds: dict[str, dict[Connection, None]] = {}

    def __len__(self) -> int:
        return len(self._silent) + len(self._kept)

    def enter(self, connection: Connection, address: str, *, is_kept: bool) -> None:
        """It waits from now on; `address` is what a limit by address counts."""
        self.leave(connection)
        (self._kept if is_kept else self._silent)[connection] = address
        self._crowds.setdefault(address, {})[connection] = None

    def leave(self, connection: Connection) -> None:
        address = self._silent.pop(connection, None) or self._kept.pop(connection, None)
        if address is None:
            return
        crowd = self._crowds[address]
        del crowd[connection]
        if not crowd:
            del self._crowds[address]

    def least_needed(self, address: str) -> Connection | None:
        """Whom to end for a newcomer from `address`; None when nobody waits.

        An address that has a quarter of all pays with its own. Otherwise it is whoever has been silent longest, and
        only then who was answered longest ago: the older agents do not come back from that.
        """
        crowd = self._crowds.get(address, {})
        if len(crowd) * 4 >= len(self):
            return next(iter(crowd), None)
        return next(iter(self._silent or self._kept), None)
