"""What an ask can be, and which state may follow which: one ranking."""

from enum import StrEnum
from typing import Final


class AskState(StrEnum):
    """`open` waits; `lost` is an ask whose process has fallen silent. All others are how it ended."""

    OPEN = "open"
    LOST = "lost"
    ONCE = "once"
    ALWAYS = "always"
    REJECTED = "rejected"
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


OUTCOMES: Final = frozenset(AskState) - {AskState.OPEN, AskState.LOST}
"""How a bridge may say that an ask has ended; none of these is ever left."""


def may_follow(now: AskState, then: AskState) -> bool:
    """Whether an ask may go from `now` to `then`.

    An ended one stays as it ended. A lost one is open again when its process, silent for a while, still has it.
    """
    return now is not then and now not in OUTCOMES
