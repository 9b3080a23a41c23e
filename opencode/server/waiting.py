"""Connections without a request in progress, and which of them to close when there is no room for the next one."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Connection = TypeVar("Connection", bound=Hashable)


class WaitingConnections(Generic[Connection]):
    """`silent` connections have sent no request yet, `kept` ones have been answered. Every step takes constant time."""

    def __init__(self) -> None:
        self._silent: dict[Connection, str] = {}
        self._kept: dict[Connection, str] = {}
        self._crowds: dict[str, dict[Connection, None]] = {}

    def __len__(self) -> int:
        return len(self._silent) + len(self._kept)

    def enter(self, connection: Connection, address: str, *, is_kept: bool) -> None:
        """Add a connection that waits from now on; `address` is the key of limits by address."""
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
        """The connection to close for a newcomer from `address`; None when none waits.

        An address that has a quarter of them all loses one of its own. Otherwise it is the one that was silent longest
        or, only when there is none, the one answered longest ago: older agents do not reconnect after that.
        """
        crowd = self._crowds.get(address, {})
        if len(crowd) * 4 >= len(self):
            return next(iter(crowd), None)
        return next(iter(self._silent or self._kept), None)
