"""Bedrock Converse: input excludes the cache, reasoning is inside the output and not stated separately."""

from typing import Final

from billing.pricing.classes import Tokens
from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens.counts import Body, check_total, count, entries
from billing.pricing.tokens.reading import UsageReading, single

LONG_LIVED: Final = "1h"
DETAILS_MAX: Final = 100


def read(usage: Body) -> UsageReading:
    fresh, output = (count(usage, name, is_required=True) for name in ("inputTokens", "outputTokens"))
    cached, written = count(usage, "cacheReadInputTokens"), count(usage, "cacheWriteInputTokens")
    check_total(usage, "totalTokens", fresh + cached + written + output)
    long = _long_lived(usage, written)
    return single(
        Tokens(input=fresh, cache_read=cached, cache_write_5m=written - long, cache_write_1h=long, output=output)
    )


def _long_lived(usage: Body, written: int) -> int:
    """How many of the written tokens are cached for an hour; 0 without details."""
    details = entries(usage, "cacheDetails", at_most=DETAILS_MAX)
    if details and sum(count(entry, "inputTokens") for entry in details) != written:
        raise Quarantined(Code.CACHE_WRITES_DISAGREE, "cacheDetails")
    return sum(count(entry, "inputTokens") for entry in details if entry.get("ttl") == LONG_LIVED)
