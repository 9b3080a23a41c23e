"""How long a client waits before it connects again, and which ends are final."""

import random
from typing import Final

EPOCH_CHANGED: Final = 4409
FINAL_CODES: Final = frozenset({1009, 4400, 4401, 4403, 4404, 4410, 4413})
FINAL_STATUSES: Final = frozenset({400, 401, 403, 404, 410})
MOST_DOUBLINGS: Final = 16


class Backoff:
    """Waits between `shortest` and `longest` seconds: longer after each failed attempt, each with a random part."""

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest, self._longest = shortest, longest
        self._failed = 0
        self._asked = 0.0

    def connected(self) -> None:
        """The server welcomed us: begin with short waits again."""
        self._failed = 0

    def server_asks(self, seconds: float) -> None:
        """Wait at least this long, once, as a `bye` frame asks."""
        self._asked = seconds

    def next_seconds(self) -> float:
        """How long to wait now, in seconds."""
        ceiling = min(self._longest, self._shortest * 2**self._failed)
        seconds = self._asked + random.uniform(0, ceiling)  # noqa: S311 - no secret hangs on it
        self._asked = 0.0
        self._failed = min(self._failed + 1, MOST_DOUBLINGS)
        return seconds
