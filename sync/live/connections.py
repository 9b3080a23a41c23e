"""The open sockets of one process, and what each depends on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sync.live.access import SocketAccess
from sync.live.limits import SocketCounts
from sync.live.watching import SocketFacts, WatchedFacts
from sync.protocol.closing import CloseCode

SHARE_ENDED = CloseCode.SESSION_REMOVED
KEY_ENDED = CloseCode.NOT_SIGNED_IN
MEMBERSHIP_ENDED = CloseCode.FORBIDDEN
DEVICE_ENDED = CloseCode.NOT_SIGNED_IN
BROWSER_ENDED = CloseCode.NOT_SIGNED_IN
WORKSPACE_CLOSED = CloseCode.SESSION_REMOVED


@dataclass(slots=True, eq=False)
class Connection:
    """One open socket; `end(code)` closes it without waiting."""

    access: SocketAccess
    end: Callable[[CloseCode], None]
    address: str = ""


class Connections:
    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._counts = SocketCounts()
        self._empty = asyncio.Event()
        self._empty.set()

    async def gone(self) -> None:
        """Until no socket is open."""
        await self._empty.wait()

    def __len__(self) -> int:
        return len(self._open)

    def require_room(self, access: SocketAccess, address: str) -> None:
        """Ask right before `add`; raises SocketLimitReached."""
        self._counts.require_room(access, address)

    def admit(self, access: SocketAccess, address: str) -> "tuple[Connection, asyncio.Future[CloseCode]]":
        """Add a connection whose end is awaited: the future becomes its code. Raises SocketLimitReached."""
        self.require_room(access, address)
        ended: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        connection = Connection(access, lambda code: None if ended.done() else ended.set_result(code), address)
        self.add(connection)
        return connection, ended

    def add(self, connection: Connection) -> None:
        self._open.add(connection)
        self._counts.add(connection.access, connection.address)
        self._empty.clear()

    def discard(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
            self._counts.remove(connection.access, connection.address)
        if not self._open:
            self._empty.set()

    def facts(self) -> WatchedFacts:
        """The rows the open sockets depend on."""
        accesses = [connection.access for connection in self._open]
        return WatchedFacts(
            frozenset(access.share_id for access in accesses if access.share_id),
            frozenset(access.key_id for access in accesses if access.key_id),
            frozenset(access.membership_id for access in accesses if access.membership_id),
            frozenset(access.device_id for access in accesses if access.device_id),
            frozenset(access.browser_id for access in accesses if access.browser_id),
        )

    def end_refused(self, asked: WatchedFacts, facts: SocketFacts) -> None:
        """Close every socket that depends on a row that was asked for and no longer stands."""
        shares = asked.shares - facts.alive.shares
        keys = asked.keys - facts.alive.keys
        memberships = asked.memberships - facts.alive.memberships
        devices = asked.devices - facts.alive.devices
        browsers = asked.browsers - facts.alive.browsers
        if not (shares or keys or memberships or devices or browsers):
            return
        for connection in list(self._open):
            access = connection.access
            if access.share_id in shares:
                connection.end(SHARE_ENDED)
            elif access.key_id in keys:
                connection.end(KEY_ENDED)
            elif access.device_id in devices:
                connection.end(DEVICE_ENDED)
            elif access.browser_id in browsers:
                connection.end(BROWSER_ENDED)
            elif access.membership_id in memberships:
                connection.end(MEMBERSHIP_ENDED)

    def end_share(self, share_id: str) -> None:
        for connection in [each for each in self._open if each.access.share_id == share_id]:
            connection.end(SHARE_ENDED)

    def end_key(self, key_id: str) -> None:
        for connection in [each for each in self._open if each.access.key_id == key_id]:
            connection.end(KEY_ENDED)

    def end_membership(self, membership_id: str) -> None:
        for connection in [each for each in self._open if each.access.membership_id == membership_id]:
            connection.end(MEMBERSHIP_ENDED)

    def end_workspace(self, workspace_id: str) -> None:
        for connection in [each for each in self._open if each.access.workspace_id == workspace_id]:
            connection.end(WORKSPACE_CLOSED)

    def end_device(self, device_id: str) -> None:
        for connection in [each for each in self._open if each.access.device_id == device_id]:
            connection.end(DEVICE_ENDED)

    def end_browser(self, browser_id: str) -> None:
        for connection in [each for each in self._open if each.access.browser_id == browser_id]:
            connection.end(BROWSER_ENDED)

    def end_all(self, code: CloseCode) -> None:
        for connection in list(self._open):
            connection.end(code)
