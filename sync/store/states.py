"""The states of stored sessions: the rule of `sync.protocol.state` for a row, and the same as a query's condition."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet

from sync.models import Session
from sync.protocol.state import Patience, SessionState, StateFacts, session_state

Row = TypeVar("Row")
STATE_FIELDS: Final = ("is_running", "has_failed", "has_open_tool", "last_activity_at")
"""The columns of a session that its state depends on, in the order of StateFacts."""


def patience() -> Patience:
    """The settings SYNC_QUIET_SECONDS, SYNC_LOST_MINUTES and SYNC_LOST_IN_TOOL_MINUTES."""
    return Patience(
        quiet=timedelta(seconds=settings.SYNC_QUIET_SECONDS),
        lost=timedelta(minutes=settings.SYNC_LOST_MINUTES),
        lost_in_tool=timedelta(minutes=settings.SYNC_LOST_IN_TOOL_MINUTES),
    )


def state_of(session: Session, now: datetime) -> SessionState:
    """The state of a session at `now`, from its row."""
    return session_state(StateFacts(*(getattr(session, name) for name in STATE_FIELDS)), now, patience())


def with_state(sessions: "QuerySet[Session, Row]", state: SessionState, now: datetime) -> "QuerySet[Session, Row]":
    """Those of the sessions that are in the state at `now`."""
    if state in {SessionState.FAILED, SessionState.DONE}:
        return sessions.filter(is_running=False, has_failed=state is SessionState.FAILED)
    waits = patience()
    heard = Q(last_activity_at__gt=now - waits.quiet)
    if state is SessionState.RUNNING:
        return sessions.filter(heard, is_running=True, has_failed=False)
    lost_at, lost_in_tool_at = now - waits.lost_after(False), now - waits.lost_after(True)
    if state is SessionState.QUIET:
        waited_for = Q(has_open_tool=True) | Q(last_activity_at__gt=lost_at)
        silent = Q(last_activity_at__lte=now - waits.quiet, last_activity_at__gt=lost_in_tool_at)
        return sessions.filter(silent, waited_for, is_running=True, has_failed=False)
    given_up = Q(has_open_tool=False) | Q(last_activity_at__lte=lost_in_tool_at)
    return sessions.filter(given_up, is_running=True, has_failed=False, last_activity_at__lte=lost_at)
