"""What a person may tell an agent, what each takes to be allowed, and what can become of it."""

from enum import StrEnum
from typing import Final

WORDS_CHARACTERS: Final = 2_000
ANSWERS: Final = 20
PROMPT_BYTES: Final = 4096
LEVELS: Final = ("off", "watch", "approve", "prompt")
"""How much a machine and a workspace allow; each level has what those before it have."""


class Op(StrEnum):
    ALLOW = "allow"
    REJECT = "reject"
    ANSWER = "answer"
    DISMISS = "dismiss"
    STOP = "stop"
    PROMPT = "prompt"


OPS_OF_KIND: Final = {"permission": (Op.ALLOW, Op.REJECT), "question": (Op.ANSWER, Op.DISMISS)}


def allows(level: str, op: str) -> bool:
    """Whether a machine or a workspace with this level allows the operation; an unknown level allows nothing."""
    needed = LEVELS.index("prompt" if op == Op.PROMPT else "approve")
    return level in LEVELS and LEVELS.index(level) >= needed


def is_raised(before: str, now: str) -> bool:
    """Whether the level allows more than the one before; both are of LEVELS."""
    return LEVELS.index(now) > LEVELS.index(before)


class CommandState(StrEnum):
    """Until it has ended a command is queued, sent or taken; then what the bridge said, or that it said nothing."""

    QUEUED = "queued"
    SENT = "sent"
    TAKEN = "taken"
    DONE = "done"
    GONE = "gone"
    CHANGED = "changed"
    EXPIRED = "expired"
    FORBIDDEN = "forbidden"
    FAILED = "failed"
    UNKNOWN = "unknown"


UNDER_WAY: Final = (CommandState.QUEUED, CommandState.SENT, CommandState.TAKEN)
RESULTS: Final = (
    CommandState.DONE,
    CommandState.GONE,
    CommandState.CHANGED,
    CommandState.EXPIRED,
    CommandState.FORBIDDEN,
    CommandState.FAILED,
)
"""How a bridge may say that a command ended."""

OUTCOMES: Final = {
    CommandState.QUEUED: "Waiting for the machine.",
    CommandState.SENT: "Sent to the machine.",
    CommandState.TAKEN: "The machine has taken it.",
    CommandState.DONE: "The agent has taken it.",
    CommandState.GONE: "Not delivered: what it was for had ended.",
    CommandState.CHANGED: "Not delivered: by then it was for something else than what was shown.",
    CommandState.EXPIRED: "Not delivered in time; nothing was done.",
    CommandState.FORBIDDEN: "The machine does not allow it.",
    CommandState.FAILED: "The agent refused it; nothing was done.",
    CommandState.UNKNOWN: "It was sent, and no answer came: look at the machine.",
}
