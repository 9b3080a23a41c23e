"""Whether a session is running, quiet, lost, failed or done: the one rule, from its stored facts and the time. Pure.

`static/js/session-state.js` does the same for a page that is left open; one table of examples tests both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class SessionState(StrEnum):
    """The words are those that pages, the API and exports show."""

    RUNNING = "running"
    QUIET = "quiet"
    LOST = "lost"
    FAILED = "failed"
    DONE = "done"


AGENT_STATES: Final = (SessionState.RUNNING, SessionState.QUIET, SessionState.LOST)
"""The states of a session whose agent has not said that it ended."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long after the last update an agent that has not finished is called quiet, and how long after it lost.

    An agent whose tool has not answered yet has a reason to be silent, and is called lost later.
    """

    quiet: timedelta
    lost: timedelta
    lost_in_tool: timedelta

    def lost_after(self, has_open_tool: bool) -> timedelta:
        return max(self.lost, self.lost_in_tool) if has_open_tool else self.lost


@dataclass(frozen=True, slots=True)
class StateFacts:
    """What the agent's newest messages and tools said, and when anything of the session was last written.

    An agent that runs has not failed: its next message takes an earlier failure back.
    """

    is_running: bool
    has_failed: bool
    has_open_tool: bool
    last_activity_at: datetime


def session_state(facts: StateFacts, now: datetime, patience: Patience) -> SessionState:
    if not facts.is_running:
        return SessionState.FAILED if facts.has_failed else SessionState.DONE
    silent = now - facts.last_activity_at
    if silent < patience.quiet:
        return SessionState.RUNNING
    return SessionState.QUIET if silent < patience.lost_after(facts.has_open_tool) else SessionState.LOST
