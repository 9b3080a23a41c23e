"""Limits on publishes a second and open sockets, counted in each process: two processes allow twice as much.

The counts are in memory, so that a publish costs no query; what protects the whole server is the writer's queue, which
is bounded too.
"""

import math
import time
from collections import Counter
from typing import Final, TypeVar

from django.conf import settings

from opencode.lib.caching import BoundedCache
from opencode.lib.http import is_trusted_proxy, rate_address
from sync.errors import SocketLimitReached
from sync.live.access import SessionAccess
from sync.protocol.pacing import TokenBucket

K = TypeVar("K", int, str)
BUCKETS: Final = 10_000
SOCKETS_RETRY_SECONDS: Final = 30


class PublishPace:
    """One bucket for each API key, each device and each share that publishes; of too many the longest unused goes."""

    def __init__(self) -> None:
        self._buckets: BoundedCache[str, TokenBucket] = BoundedCache(BUCKETS)

    def wait(self, access: SessionAccess) -> int:
        """Whole seconds until this client may publish again; 0 when its publish may pass."""
        now = time.monotonic()
        return math.ceil(self._bucket(access.key_id or access.device_id, access.share_id, now).wait(now))

    def reserve(self, access: SessionAccess, longest: float) -> float:
        """Let a publish pass; the seconds to delay it by, at most `longest`. For agents, which never retry."""
        now = time.monotonic()
        return self._bucket("", access.share_id, now).reserve(now, longest)

    def _bucket(self, key_id: str, share_id: str, now: float) -> TokenBucket:
        rate = settings.SYNC_KEY_PUBLISHES_PER_SECOND if key_id else settings.SYNC_SHARE_PUBLISHES_PER_SECOND
        return self._buckets.get_or_make(key_id or share_id, lambda: TokenBucket(rate, now))


class SocketCounts:
    """Open sockets by session, workspace and address."""

    def __init__(self) -> None:
        self._sessions: Counter[int] = Counter()
        self._workspaces: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()

    def require_room(self, access: SessionAccess, address: str) -> None:
        """Raise SocketLimitReached, naming the limit. Addresses of trusted proxies are many people's: not counted."""
        checks = (
            ("session", self._sessions[access.session_id], settings.SYNC_SESSION_SOCKETS),
            ("workspace", self._workspaces[access.workspace_id], settings.SYNC_WORKSPACE_SOCKETS),
            ("address", self._addresses[rate_address(address)], settings.SYNC_ADDRESS_SOCKETS),
        )
        for of, used, limit in checks:
            if used >= limit:
                message = f"This {of} has as many open connections as it may."
                raise SocketLimitReached(message, retry_after=SOCKETS_RETRY_SECONDS, of=of, limit=limit, used=used)

    def add(self, access: SessionAccess, address: str) -> None:
        self._change(access, address, 1)

    def remove(self, access: SessionAccess, address: str) -> None:
        self._change(access, address, -1)

    def _change(self, access: SessionAccess, address: str, by: int) -> None:
        _count(self._sessions, access.session_id, by)
        if access.workspace_id:
            _count(self._workspaces, access.workspace_id, by)
        if address and not is_trusted_proxy(address):
            _count(self._addresses, rate_address(address), by)


def _count(counter: Counter[K], name: K, by: int) -> None:
    counter[name] += by
    if not counter[name]:
        del counter[name]
