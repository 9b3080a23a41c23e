"""Rendered HTML by name, once for all who read it: bounded by bytes, the least recently used goes first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

STRIPES = 64
# What one value costs beside its text, roughly: the name, the links of the order, the string's head.
OVERHEAD_BYTES = 400


class RenderCache:
    """Thread-safe. Two readers of one missing name cost one rendering: the second waits for the first."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._values: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()
        self._stripes = [threading.Lock() for _ in range(STRIPES)]

    @property
    def bytes_held(self) -> int:
        return self._bytes

    def get_or_render(self, name: Hashable, render: Callable[[], str]) -> str:
        """The value of `name`, rendered now when it is not held. What `render` raises is raised, and not held."""
        found = self._get(name)
        if found is not None:
            return found
        with self._stripes[hash(name) % STRIPES]:
            found = self._get(name)
            if found is None:
                found = render()
                self._put(name, found)
            return found

    def discard(self, is_gone: Callable[[Hashable], bool]) -> None:
        """Drop the values whose name `is_gone` says so of."""
        with self._lock:
            for name in [name for name in self._values if is_gone(name)]:
                self._bytes -= cost_of(self._values.pop(name))

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._bytes = 0

    def _get(self, name: Hashable) -> str | None:
        with self._lock:
            value = self._values.get(name)
            if value is not None:
                self._values.move_to_end(name)
            return value

    def _put(self, name: Hashable, value: str) -> None:
        size = cost_of(value)
        if size > self._limit // 8:
            return
        with self._lock:
            self._values[name] = value
            self._bytes += size
            while self._bytes > self._limit:
                self._bytes -= cost_of(self._values.popitem(last=False)[1])


def cost_of(value: str) -> int:
    """Bytes a string takes in memory: Python stores one to four a character by its widest."""
    width = 1 if value.isascii() or max(value) < "\u0100" else (2 if max(value) < "\U00010000" else 4)
    return len(value) * width + OVERHEAD_BYTES
