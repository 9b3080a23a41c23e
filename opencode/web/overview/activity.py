"""What waits for a decision, what runs now and what its agent does, and what has failed or was lost lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from opencode.lib.clock import moment_of
from steering.models import Ask
from steering.selectors.asks import asks_waiting
from sync.protocol.doing import Doing
from sync.protocol.jsontext import read
from sync.protocol.keys import is_session_id
from sync.protocol.state import SessionState
from sync.protocol.untrusted import dicts_at, list_at, text_at
from sync.store import SessionRow, read_doing, session_page
from sync.transcript import ShownState, shown_state
from workspaces.access import WorkspaceAccess
from workspaces.models import Workspace

WAITING_SHOWN: Final = 5
RUNNING_SHOWN: Final = 8
ENDED_SHOWN: Final = 4
LATELY: Final = timedelta(days=7)
ABOUT_CHARACTERS: Final = 120
WHAT_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """An ask; `about` is the beginning of its command, file or question."""

    id: str
    what: str
    about: str
    session: str
    person: str
    machine: str
    since: datetime
    is_own: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session; `since` is when what its agent does began, None where that is not known."""

    row: SessionRow
    state: ShownState
    doing: Doing | None = None
    since: datetime | None = None

    @property
    def has_page(self) -> bool:
        """Whether an address fits the session's id."""
        return is_session_id(self.row.client_id)


@dataclass(frozen=True, slots=True)
class Activity:
    """`more_waiting` and `more_running` say that there are more than are shown."""

    waiting: tuple[WaitingLine, ...]
    more_waiting: bool
    running: tuple[SessionLine, ...]
    more_running: bool
    ended: tuple[SessionLine, ...]


def activity_of(access: WorkspaceAccess, now: datetime) -> Activity:
    """Six statements at most, each for a few rows."""
    asks = asks_waiting(access.workspace, access.user).select_related("session", "user", "process__machine")
    waiting = [_waiting(ask, access.user.pk) for ask in asks[: WAITING_SHOWN + 1]]
    alive = _in_state(access.workspace, SessionState.RUNNING, now, RUNNING_SHOWN + 1)
    if len(alive) <= RUNNING_SHOWN:
        alive += _in_state(access.workspace, SessionState.QUIET, now, RUNNING_SHOWN + 1 - len(alive))
    shown = alive[:RUNNING_SHOWN]
    doing = read_doing([(row.id, row.client_id) for row in shown if not row.is_cold])
    return Activity(
        waiting=tuple(waiting[:WAITING_SHOWN]),
        more_waiting=len(waiting) > WAITING_SHOWN,
        running=tuple(_line(row, doing.get(row.id)) for row in shown),
        more_running=len(alive) > RUNNING_SHOWN,
        ended=tuple(_ended(access.workspace, now)),
    )


def _ended(workspace: Workspace, now: datetime) -> list[SessionLine]:
    """What failed or was lost within LATELY, the latest first."""
    rows = [
        row
        for state in (SessionState.FAILED, SessionState.LOST)
        for row in _in_state(workspace, state, now, ENDED_SHOWN)
        if row.last_activity_at > now - LATELY
    ]
    rows.sort(key=lambda row: row.last_activity_at, reverse=True)
    return [_line(row) for row in rows[:ENDED_SHOWN]]


def _in_state(workspace: Workspace, state: SessionState, now: datetime, limit: int) -> list[SessionRow]:
    return session_page(workspace, now=now, state=state, limit=limit).rows


def _line(row: SessionRow, doing: Doing | None = None) -> SessionLine:
    state = shown_state(row.state, row.last_activity_at, has_open_tool=row.has_open_tool)
    return SessionLine(row, state, doing, _moment(doing.since) if doing else None)


def _moment(milliseconds: int) -> datetime | None:
    """None for a time no clock has: agents say what they like."""
    try:
        return moment_of(milliseconds * 1000) if milliseconds else None
    except (OverflowError, ValueError):
        return None


def _waiting(ask: Ask, person_id: str) -> WaitingLine:
    content = read(ask.content) if ask.content else None
    is_question = ask.kind == "question"
    return WaitingLine(
        id=ask.pk,
        what="question" if is_question else text_at(content, "permission")[:WHAT_CHARACTERS] or "permission",
        about=" ".join((_question(content) if is_question else _command(content)).split())[:ABOUT_CHARACTERS],
        session=ask.session.title if ask.session else "",
        person=ask.user.display_name,
        machine=ask.process.machine.name,
        since=ask.asked_at,
        is_own=ask.user_id == person_id,
    )


def _command(content: Any) -> str:
    given = [text_at(content, "metadata", name) for name in ("command", "filepath")]
    patterns = [each for each in list_at(content, "patterns")[:1] if isinstance(each, str)]
    return next(filter(None, (*given, *patterns)), "")


def _question(content: Any) -> str:
    return next((text_at(each, "question") for each in dicts_at(content, "questions")), "")
