"""Counts the turns of sessions whose rows are not right: from before there were any, or written by an old process."""

from collections.abc import Iterable, Iterator

import structlog
from django.db import transaction
from django.db.models import F

from sync.models import Session
from sync.protocol.turns import TurnTally
from sync.store import SnapshotEntry, read_state, read_whole, replace_turns

log = structlog.get_logger(__name__)


def turns_fill(*, session_id: int) -> bool:
    """Make the session's turns right; False when they are already, or when it is cold, gone, or began a new epoch.

    It is read without a lock; what was written meanwhile is read again under it.
    """
    behind = Session.objects.filter(pk=session_id, cold_at=None).exclude(turn_seq=F("head_seq"))
    if not behind.exists():
        return False
    with read_whole(session_id) as state:
        if state is None or state.is_cold:
            return False
        tally, epoch, head = TurnTally(state.client_id), state.epoch, state.head
        for entry in state.entries:
            tally.put(entry.key, entry.content)
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(pk=session_id, epoch=epoch, cold_at=None).first()
        if session is None:
            return False
        newer = read_state(session_id, head) if session.head_seq > head else None
        for row in newer.rows if newer is not None else []:
            tally.put(row.key, row.content)
        turns_replace(session_id, tally, session.head_seq)
    log.info("turns_filled", session=session_id)
    return True


def turns_replace(session_id: int, tally: TurnTally, head: int) -> None:
    """Make the rows what was counted at the number `head`, in the caller's transaction with the session locked."""
    replace_turns(session_id, tally.turns())
    Session.objects.filter(pk=session_id).update(turn_seq=head)


def counted(entries: Iterable[SnapshotEntry], tally: TurnTally) -> Iterator[SnapshotEntry]:
    """The entries, each counted as it passes."""
    for entry in entries:
        tally.put(entry.key, entry.content)
        yield entry
