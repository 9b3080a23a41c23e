"""The one way an ask's state changes: its version rises, and its entry in the session's log is due."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from opencode.lib.clock import utc_now
from steering.models import Ask
from steering.protocol.states import AskState, may_follow

NOTICE_DELAY: Final = timedelta(seconds=5)
"""Whoever sits at the machine answers within this; nobody else needs to hear of it."""


def asks_change(asks: Iterable[Ask], state: AskState) -> list[str]:
    """Give the asks the state where it may follow theirs, in the caller's transaction, with their process locked.

    Returns the ids of those that changed.
    """
    changed: list[str] = []
    for ask in asks:
        if not may_follow(AskState(ask.state), state):
            continue
        ask.state, ask.is_open = state, state is AskState.OPEN
        ask.version += 1
        ask.changed_at = ask.projection_due_at = utc_now()
        ask.notice_due_at = _notice_due_at(ask)
        ask.save(update_fields=["state", "is_open", "version", "changed_at", "projection_due_at", "notice_due_at"])
        changed.append(ask.pk)
    return changed


def _notice_due_at(ask: Ask) -> datetime | None:
    """When its person has to be told: that it waits, or, if they were told so, that it no longer does."""
    if ask.is_open:
        return utc_now() + NOTICE_DELAY
    return utc_now() if ask.notified else None
