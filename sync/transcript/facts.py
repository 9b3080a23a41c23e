"""A session's header: title, state, cost, tokens, times. From its row, which the writer keeps up to date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from opencode.lib.money import format_dollars
from sync.models import Session
from sync.render.fields import number_at, text_at
from sync.render.wording import moment, short_line
from sync.store import state_of
from sync.transcript.states import ShownState, shown_state

UNTITLED: Final = "Untitled session"


@dataclass(frozen=True, slots=True)
class SessionFacts:
    title: str
    state: ShownState
    failures: int
    cost: str
    tokens: tuple[tuple[str, str], ...]
    started: datetime
    last_activity: datetime
    agent_version: str


def session_facts(
    session: Session, info: Any, now: datetime, *, is_masked: bool = False, failures: int = 0
) -> SessionFacts:
    """`info` is the content of `session/info`, or anything at all; the state is that at `now`.

    With `is_masked` it was masked, and its title and version are shown: those in the session's row were cut off before
    anything could be masked, so half a secret could be at their end. `failures` are counted from the session's turns.
    """
    tokens = {
        "in": session.tokens_input,
        "out": session.tokens_output,
        "reasoning": session.tokens_reasoning,
        "cached": session.tokens_cache_read,
    }
    return SessionFacts(
        title=short_line(("" if is_masked else session.title) or text_at(info, "title")) or UNTITLED,
        state=shown_state(state_of(session, now), session.last_activity_at, has_open_tool=session.has_open_tool),
        failures=failures,
        cost=format_dollars(session.cost) if session.cost else "",
        tokens=tuple((name, f"{count:,}") for name, count in tokens.items() if count),
        started=moment(number_at(info, "time", "created")) or session.created_at,
        last_activity=session.last_activity_at,
        agent_version=short_line(text_at(info, "version") if is_masked else session.agent_version, 40),
    )
