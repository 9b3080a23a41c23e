"""What a person may tell a waiting agent, and what can become of it."""

from enum import StrEnum
from typing import Final

WORDS_CHARACTERS: Final = 2_000
ANSWERS: Final = 20


class Op(StrEnum):
    ALLOW = "allow"
    REJECT = "reject"
    ANSWER = "answer"
    DISMISS = "dismiss"


OPS_OF_KIND: Final = {"permission": (Op.ALLOW, Op.REJECT), "question": (Op.ANSWER, Op.DISMISS)}


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
    CommandState.GONE: "Not delivered: the agent no longer waited.",
    CommandState.CHANGED: "Not delivered: the agent waits for something else than what was shown.",
    CommandState.EXPIRED: "Not delivered in time; nothing was done.",
    CommandState.FORBIDDEN: "The machine does not allow it.",
    CommandState.FAILED: "The agent refused it; nothing was done.",
    CommandState.UNKNOWN: "It was sent, and no answer came: look at the machine.",
}
