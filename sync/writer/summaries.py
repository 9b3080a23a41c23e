"""Keeps the columns shown in lists up to date with the entries, inside the same commit.

Newer agents count cost and tokens in the session's info. For older ones the messages are summed, each by how much it
changed, so that a message sent twice counts once. What messages report is due to be rolled up, by a worker.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import F

from opencode.lib.clock import utc_now
from sync.models import RemovedMessage
from sync.protocol.keys import info_key
from sync.protocol.reported import reported_extract
from sync.protocol.summary import StateSummary, Totals, read_info, read_message
from sync.writer.numbering import SessionBatch

_MESSAGE: Final = "session/message/"
_PART: Final = "session/part/"


def has_message(keys: Iterable[str]) -> bool:
    return any(key.startswith(_MESSAGE) for key in keys)


def summary_update(batch: SessionBatch) -> dict[str, Any]:
    """The changed columns for `Session.objects.update`; empty when nothing shown in lists was written."""
    changes: dict[str, Any] = {}
    messages = [write for key, write in batch.writes.items() if key.startswith(_MESSAGE)]
    counted_by_session = False
    info = batch.entries.get(info_key(batch.session.client_id))
    if info is not None and info.stored.content and (messages or info_key(batch.session.client_id) in batch.writes):
        summary = read_info(info.stored.content)
        counted_by_session = summary.totals is not None
        if info_key(batch.session.client_id) in batch.writes:
            changes |= {"title": summary.title, "agent_version": summary.version}
            changes |= {"model": summary.model} if summary.model else {}
            changes |= _columns(summary.totals) if summary.totals else {}
    state = StateSummary()
    if messages:
        changes |= _message_changes(batch, counted_by_session, state)
    # After the messages: a tool may belong to the message that follows one which ended in the same commit.
    for key, write in batch.writes.items():
        if key.startswith(_PART) and not write.deleted:
            state.take_part(write.content)
    return changes | state.changes


def _message_changes(batch: SessionBatch, counted_by_session: bool, state: StateSummary) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    difference = Totals()
    for key, write in batch.writes.items():
        if not key.startswith(_MESSAGE):
            continue
        new, old = read_message(write.content), read_message(batch.content_before(key))
        difference = difference.plus(new.totals.minus(old.totals))
        state.take_message(new)
        if new.reports_cost or old.reports_cost:
            # Anew each time: a worker that has read an older state must not clear the mark.
            changes["reported_due_at"] = utc_now()
        if new.model:
            changes["model"] = new.model
    if not counted_by_session and difference != Totals():
        changes |= {name: F(name) + value for name, value in _columns(difference).items() if value}
    return changes


def removed_messages(batch: SessionBatch) -> list[RemovedMessage]:
    """What the removed messages had reported, which a removal does not take back; a worker rolls it up."""
    removed = [key for key, write in batch.writes.items() if write.deleted and key.startswith(_MESSAGE)]
    if not removed:
        return []
    last = {key: batch.content_before(key) for key in removed}
    last |= {update.key: update.content for update in batch.commit.updates if update.key in last and update.content}
    extracts = {key: reported_extract(content) for key, content in last.items()}
    return [
        RemovedMessage(session_id=batch.session.id, key=key, content=content)
        for key, content in extracts.items()
        if content
    ]


def _columns(totals: Totals) -> dict[str, int]:
    return {"cost": totals.cost, **{f"tokens_{name}": count for name, count in totals.tokens.items()}}
