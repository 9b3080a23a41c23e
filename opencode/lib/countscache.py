"""Django's cache on both stacks: rate limits, used codes, recent marks; values are JSON.

Requests by outsiders could evict counts, so each kind of entry has its own room in memory. Redis has no such bound and
needs none: every entry there expires, and Redis must not be set to evict.
"""

import json
import threading
import time
from collections import OrderedDict
from itertools import islice
from typing import Any, Final, NamedTuple

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

KIND_ENTRIES: Final = 10_000
OLDEST_LOOKED_AT: Final = 32


class JSONSerializer:
    """JSON rather than pickle: write access to Redis must not allow running code in the console."""

    def dumps(self, value: Any) -> Any:
        """Whole numbers are stored as they are, so that Redis can increment them."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: Any) -> Any:
        return json.loads(data)


class _Entry(NamedTuple):
    ends_at: float | None
    text: str

    def is_over(self, now: float) -> bool:
        return self.ends_at is not None and self.ends_at <= now


class _Store:
    """The entries of one process by kind, each kind in the order of writing."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kinds: dict[str, OrderedDict[str, _Entry]] = {}


_STORES: Final[dict[str, _Store]] = {}


def kind_of(key: str) -> str:
    """The part before the `|`; for keys of the sign-in limits' library, the limit by address or by account."""
    if not key.startswith("allauth:rl:"):
        return key.partition("|")[0]
    *limit, source = key.split(":", 6)[:6]
    return ":".join([*limit, source if source in {"ip", "user"} else "key"])


class CountsCache(BaseCache):
    """In memory, for one process. Above KIND_ENTRIES of a kind, the lowest count among the oldest is evicted."""

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._store = _STORES.setdefault(name, _Store())

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        with self._store.lock:
            if self._found(key) is not None:
                return False
            self._put(key, _Entry(self._end(timeout), json.dumps(value)))
        return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        with self._store.lock:
            entry = self._found(key)
        return default if entry is None else json.loads(entry.text)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        with self._store.lock:
            self._put(key, _Entry(self._end(timeout), json.dumps(value)))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        with self._store.lock:
            entry = self._found(key)
            if entry is not None:
                self._put(key, entry._replace(ends_at=self._end(timeout)))
        return entry is not None

    def delete(self, key: str, version: int | None = None) -> bool:
        with self._store.lock:
            return self._store.kinds.get(kind_of(key), OrderedDict()).pop(key, None) is not None

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a count and keep its expiry. Raises ValueError when there is no such entry."""
        with self._store.lock:
            entry = self._found(key)
            if entry is None:
                raise ValueError(f"there is no {key}")
            value = int(json.loads(entry.text)) + delta
            self._put(key, entry._replace(text=json.dumps(value)))
        return value

    def clear(self) -> None:
        with self._store.lock:
            self._store.kinds.clear()

    def _end(self, timeout: Any) -> float | None:
        end = self.get_backend_timeout(timeout)
        return None if end is None else float(end)

    def _found(self, key: str) -> _Entry | None:
        entries = self._store.kinds.get(kind_of(key))
        entry = entries.get(key) if entries else None
        return None if entry is None or entry.is_over(time.time()) else entry

    def _put(self, key: str, entry: _Entry) -> None:
        entries = self._store.kinds.setdefault(kind_of(key), OrderedDict())
        entries[key] = entry
        entries.move_to_end(key)
        now = time.time()
        while (oldest := next(iter(entries))) != key and entries[oldest].is_over(now):
            del entries[oldest]
        if len(entries) > KIND_ENTRIES:
            # A flood from many addresses counts each once; a count that matters, as of guesses, is higher and stays.
            del entries[min(islice(entries, OLDEST_LOOKED_AT), key=lambda name: len(entries[name].text))]
