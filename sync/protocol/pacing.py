"""How fast a client may publish, and when refusing is no longer enough. Pure: the time is passed in, in seconds."""


class TokenBucket:
    """Lets `rate` publishes a second pass; holds at most one second's worth."""

    __slots__ = ("_at", "_tokens", "rate")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._tokens = rate
        self._at = now

    def wait(self, now: float) -> float:
        """Let one publish pass and return 0, or return the seconds until one may pass."""
        self._fill(now)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate

    def reserve(self, now: float, longest: float) -> float:
        """Let one publish pass in any case; returns the seconds to delay it by, at most `longest`."""
        self._fill(now)
        self._tokens = max(self._tokens - 1, -self.rate * longest)
        return max(0.0, -self._tokens / self.rate)

    def is_full(self, now: float) -> bool:
        """Whether it is full, as a new one is, so that it can be dropped."""
        self._fill(now)
        return self._tokens >= self.rate

    def _fill(self, now: float) -> None:
        self._tokens = min(self.rate, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = now


class Strikes:
    """Counts a client's refusals in a row; one that waits as long as the refusal says starts again at one."""

    __slots__ = ("_count", "_until")

    def __init__(self) -> None:
        self._count = 0
        self._until = 0.0

    def add(self, now: float, wait: float) -> int:
        """Count a refusal that asks the client to wait for `wait` seconds; returns how many there are in a row."""
        self._count = self._count + 1 if now < self._until else 1
        self._until = now + wait
        return self._count
