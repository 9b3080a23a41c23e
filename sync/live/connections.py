"""The open connections of this process, and the rows each depends on."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opencode.lib.errors import Denial
from sync.live import endings
from sync.live.access import SessionAccess
from sync.live.limits import SocketCounts
from sync.live.watching import SocketFacts, WatchedFacts
from sync.protocol.closing import CloseCode
from workspaces.keys.usage import count_publish


@dataclass(slots=True, eq=False)
class Connection:
    """An open socket, or one request while it is served; `on_end(code)` is called once, and must not wait.

    With `is_held_back`, publishes that come too fast wait for their turn instead of being refused.
    """

    access: SessionAccess
    on_end: Callable[[CloseCode], None]
    address: str = ""
    is_held_back: bool = False
    ended: CloseCode | None = None

    def end(self, code: CloseCode) -> None:
        """End with this code; a later code that takes the right away replaces one that does not.

        So publishes of a lost right are refused even when they are in the writer's queue already.
        """
        is_first = self.ended is None
        if self.ended is None or not endings.takes_right(self.ended):
            self.ended = code
        if is_first:
            self.on_end(code)

    @property
    def refusal(self) -> Denial | None:
        """The denial for every publish from here once the right has ended, else None; callable from any thread."""
        return None if self.ended is None else endings.refusal_of(self.ended)

    def raise_if_ended(self) -> None:
        """Raise the denial of a connection whose right has ended."""
        refusal = self.refusal
        if refusal is not None:
            raise refusal

    def acknowledged(self) -> None:
        """Note that one of its publishes is committed: this is where the use of an API key is counted."""
        if self.access.key_id:
            count_publish(self.access.workspace_id, self.access.key_id)


class Connections:
    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._requests: set[Connection] = set()
        self._by_session: dict[int, set[Connection]] = {}
        self._counts = SocketCounts()
        self._empty = asyncio.Event()
        self._empty.set()

    async def gone(self) -> None:
        """Wait until no socket is open."""
        await self._empty.wait()

    def __len__(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    def require_room(self, access: SessionAccess, address: str) -> None:
        """Check the limits, right before `add`; raises SocketLimitReached."""
        self._counts.require_room(access, address)

    @contextmanager
    def opened(self, connection: Connection) -> Iterator[None]:
        """Register a socket while the block runs; raises SocketLimitReached."""
        self.require_room(connection.access, connection.address)
        self.add(connection)
        try:
            yield
        finally:
            self.discard(connection)

    @contextmanager
    def request(self, access: SessionAccess, *, is_held_back: bool = False) -> Iterator[Connection]:
        """Register a request while the block runs: it does not count as a socket, but ends with its right like one."""
        connection = Connection(access, _nothing, is_held_back=is_held_back)
        self._requests.add(connection)
        self._index(connection)
        try:
            yield connection
        finally:
            self._requests.remove(connection)
            self._unindex(connection)

    def add(self, connection: Connection) -> None:
        self._open.add(connection)
        self._index(connection)
        self._counts.add(connection.access, connection.address)
        self._empty.clear()

    def discard(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
            self._unindex(connection)
            self._counts.remove(connection.access, connection.address)
        if not self._open:
            self._empty.set()

    def facts(self) -> WatchedFacts:
        """The rows that the connections of this process depend on."""
        accesses = [connection.access for connection in self._everybody()]
        return WatchedFacts(
            frozenset(access.share_id for access in accesses if access.share_id),
            frozenset(access.key_id for access in accesses if access.key_id),
            frozenset(access.membership_id for access in accesses if access.membership_id),
            frozenset(access.device_id for access in accesses if access.device_id),
            frozenset(access.browser_id for access in accesses if access.browser_id),
        )

    def end_refused(self, asked: WatchedFacts, facts: SocketFacts) -> None:
        """End the connections that depend on a row which was checked (`asked`) and is no longer valid in `facts`.

        Readers by a link that masks secrets now and did not before, or the reverse, have to start again.
        """
        self._mask_again(lambda share_id: share_id in asked.shares, lambda share_id: share_id not in facts.unmasked)
        shares, keys, memberships, devices, browsers = (
            before - now for before, now in zip(asked, facts.alive, strict=True)
        )
        if not (shares or keys or memberships or devices or browsers):
            return
        for connection in self._everybody():
            access = connection.access
            if access.share_id in shares:
                connection.end(endings.SHARE_ENDED)
            elif access.key_id in keys:
                connection.end(endings.KEY_ENDED)
            elif access.device_id in devices:
                connection.end(endings.DEVICE_ENDED)
            elif access.browser_id in browsers:
                connection.end(endings.BROWSER_ENDED)
            elif access.membership_id in memberships:
                connection.end(endings.MEMBERSHIP_ENDED)

    def end_share(self, share_id: str) -> None:
        self._end_where(endings.SHARE_ENDED, lambda access: access.share_id == share_id)

    def share_masking(self, share_id: str, *, masks_secrets: bool) -> None:
        """The share masks secrets from now on, or shows them: readers by the link start again."""
        self._mask_again(lambda name: name == share_id, lambda _name: masks_secrets)

    def end_key(self, key_id: str) -> None:
        self._end_where(endings.KEY_ENDED, lambda access: access.key_id == key_id)

    def end_membership(self, membership_id: str) -> None:
        self._end_where(endings.MEMBERSHIP_ENDED, lambda access: access.membership_id == membership_id)

    def end_workspace(self, workspace_id: str) -> None:
        self._end_where(endings.WORKSPACE_CLOSED, lambda access: access.workspace_id == workspace_id)

    def end_device(self, device_id: str) -> None:
        self._end_where(endings.DEVICE_ENDED, lambda access: access.device_id == device_id)

    def end_browser(self, browser_id: str) -> None:
        self._end_where(endings.BROWSER_ENDED, lambda access: access.browser_id == browser_id)

    def end_session(self, session_id: int, code: CloseCode) -> None:
        for connection in tuple(self._by_session.get(session_id, ())):
            connection.end(code)

    def end_all(self, code: CloseCode) -> None:
        for connection in self._everybody():
            connection.end(code)

    def _end_where(self, code: CloseCode, depends: Callable[[SessionAccess], bool]) -> None:
        for connection in self._everybody():
            if depends(connection.access):
                connection.end(code)

    def _mask_again(self, is_known: Callable[[str], bool], masks: Callable[[str], bool]) -> None:
        for connection in self._everybody():
            access = connection.access
            if access.is_by_link and is_known(access.share_id) and access.is_masked != masks(access.share_id):
                connection.end(endings.MASKING_CHANGED)

    def _everybody(self) -> list[Connection]:
        return [*self._open, *self._requests]

    def _index(self, connection: Connection) -> None:
        self._by_session.setdefault(connection.access.session_id, set()).add(connection)

    def _unindex(self, connection: Connection) -> None:
        session_id = connection.access.session_id
        self._by_session[session_id].remove(connection)
        if not self._by_session[session_id]:
            del self._by_session[session_id]


def _nothing(_code: CloseCode) -> None:
    """A request is not interrupted: it is refused at its next check."""
