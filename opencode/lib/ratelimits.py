"""Rate limits: how often something may happen in a period, counted in the cache for all processes together."""

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.core.cache import cache

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RateState:
    """`used` of `limit` in the present period; it ends in `reset_seconds`, when counting starts again."""

    limit: int
    used: int
    reset_seconds: int
    resets_at: datetime

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit


def rate_count(kind: str, of: str, *, limit: int, seconds: int) -> RateState:
    """Count one more of `kind` by `of` in the present period of `seconds`, whose start is the same for all callers.

    When the cache does not answer, nothing is refused: the count is 1 then.
    """
    now = time.time()
    stretch = int(now // seconds)
    ends = (stretch + 1) * seconds
    used = _counted(f"rate:{kind}|{of}:{stretch}", seconds)
    return RateState(limit, used, max(1, math.ceil(ends - now)), datetime.fromtimestamp(ends, UTC))


def _counted(key: str, seconds: int) -> int:
    try:
        if cache.add(key, 1, timeout=2 * seconds):
            return 1
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two
        return 1
    except Exception:  # whatever kind of cache it is: it must not take the console with it
        log.warning("rate_count_failed", exc_info=True)
        return 1
