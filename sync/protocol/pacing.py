"""How fast somebody may publish, and when refusing is no longer enough. Pure: the time is passed in, in seconds."""


class TokenBucket:
    """Lets `rate` publishes a second pass, with one second's worth saved up at most."""

    __slots__ = ("_at", "_tokens", "rate")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._tokens = rate
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until one may pass; 0 when one just did."""
        self._fill(now)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate

    def reserve(self, now: float, longest: float) -> float:
        """Let one pass for certain; seconds it should be held back, `longest` at most."""
        self._fill(now)
        self._tokens = max(self._tokens - 1, -self.rate * longest)
        return max(0.0, -self._tokens / self.rate)

    def is_full(self, now: float) -> bool:
        """Whether it says nothing that a new one would not say."""
        self._fill(now)
        return self._tokens >= self.rate

    def _fill(self, now: float) -> None:
        self._tokens = min(self.rate, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = now


class Strikes:
    """Counts the refusals of a client that goes on; one that waits as long as it was told starts anew."""

    __slots__ = ("_count", "_until")

    def __init__(self) -> None:
        self._count = 0
        self._until = 0.0

    def add(self, now: float, wait: float) -> int:
        """One more refusal, told to wait for so many seconds; how many there are in a row."""
        self._count = self._count + 1 if now < self._until else 1
        self._until = now + wait
        return self._count
