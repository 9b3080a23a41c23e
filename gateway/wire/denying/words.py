"""Words by which the agent repeats a call that was refused for good, or believes that its context is full."""

import re
from typing import Final

# Numbers count wherever they are, as in an amount or within an id.
REPEATING: Final = re.compile(
    r"429|500|502|503|504|524|rate.?limit|too many requests|too_many_requests|overloaded|server.?error"
    r"|service.?unavailable|internal.?error|internal server|try again|try your request again|resource.?exhausted"
    r"|connection.?error|exhausted|temporarily|timeout|timed out",
    re.IGNORECASE,
)
"""What makes agents send the same call again, whatever the status."""
COMPACTING: Final = re.compile(
    r"exceeds? the (?:limit|context|maximum)|too many tokens|token.?limit|context.?length|context.?window"
    r"|request.?entity.?too.?large|prompt is too long|input is too long|maximum context|reduce the length",
    re.IGNORECASE,
)
"""What makes agents shorten their history and send that."""


def repeats(text: str) -> bool:
    return REPEATING.search(text) is not None


def compacts(text: str) -> bool:
    return COMPACTING.search(text) is not None
