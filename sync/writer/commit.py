"""One commit: lock, number, write, commit. Runs in the writer's thread, or inline for commands and tasks."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from opencode.lib.clock import utc_now
from opencode.lib.groupcommit import by_row, commit_items, write_transaction
from opencode.lib.sql import stored_moment
from sync.errors import SessionCold, SessionFull, SessionGone
from sync.models import RemovedMessage, Session
from sync.protocol.keys import info_key
from sync.protocol.updates import PublishReceipt
from sync.store import writes
from sync.writer.limits import write_limits
from sync.writer.numbering import SessionBatch
from sync.writer.publish import Publish, SessionCommit
from sync.writer.removals import note_removals, refuse_removals, removals_in
from sync.writer.summaries import has_message, removed_messages, summary_update
from sync.writer.turns import has_turn, write_turns


def commit_publishes(publishes: Sequence[Publish]) -> tuple[list[SessionCommit], list[Publish]]:
    """Commit durably; returns the commits, and the publishes whose sessions' rows another transaction holds.

    Every publish but those gets its `outcome`. A repeat is harmless: the operation id marks it as one, or the agent's
    merge rules find nothing new. A publish to a cold session has the outcome SessionCold, and can be committed once the
    session is warm.
    """
    return commit_items(publishes, _commit_together)


def commit_within(publishes: Sequence[Publish]) -> None:
    """Write the publishes inside the caller's transaction, which locks the sessions' rows; raises any error.

    Every publish gets its `outcome`, as it does by `commit_publishes`.
    """
    _commit_once(publishes, find_repeats=False)


def _commit_together(publishes: Sequence[Publish]) -> tuple[list[SessionCommit], list[Publish]]:
    """Commit all sessions in one transaction.

    Repeated operations are rare: they are looked for only after the unique index on operation ids refused one.
    """
    try:
        return _commit_once(publishes, find_repeats=False)
    except IntegrityError:
        return _commit_once(publishes, find_repeats=True)


def _commit_once(publishes: Sequence[Publish], *, find_repeats: bool) -> tuple[list[SessionCommit], list[Publish]]:
    for publish in publishes:
        # The outcome of an earlier attempt was rolled back with its transaction.
        publish.outcome = None
    groups = by_row(publishes)
    moment = utc_now()
    now = stored_moment(moment)
    due = stored_moment(moment + timedelta(seconds=settings.SYNC_SNAPSHOT_DELAY_SECONDS))
    with write_transaction():
        locked = writes.lock_sessions(sorted(groups))
        waiting = _settle_missing(groups, locked)
        here = {session_id: group for session_id, group in groups.items() if session_id in locked}
        _settle_cold(here, locked)
        if find_repeats:
            _settle_repeats(here, locked)
        removals = removals_in(here)
        refuse_removals(removals)
        batches = _number(here, locked, now)
        _write(batches, now, due)
        note_removals(removals)
        if not find_repeats:
            # A full session refuses before the unique index could find a repeat, which must get its first receipt.
            _settle_repeats(_full(here), locked)
    return [batch.commit for batch in batches if batch.commit.updates], waiting


def _settle_missing(groups: dict[int, list[Publish]], locked: dict[int, writes.LockedSession]) -> list[Publish]:
    """Deny publishes to sessions that are gone; return those whose rows another transaction holds, to try again."""
    missing = [session_id for session_id in groups if session_id not in locked]
    if not missing:
        return []
    exist = set(Session.objects.filter(id__in=missing).values_list("id", flat=True))
    waiting: list[Publish] = []
    for session_id in missing:
        if session_id in exist:
            waiting += groups[session_id]
            continue
        for publish in groups[session_id]:
            publish.outcome = SessionGone()
    return waiting


def _settle_cold(groups: dict[int, list[Publish]], locked: dict[int, writes.LockedSession]) -> None:
    for session_id in [each for each in groups if locked[each].cold_at is not None]:
        for publish in groups.pop(session_id):
            publish.outcome = SessionCold()


def _settle_repeats(groups: dict[int, list[Publish]], locked: dict[int, writes.LockedSession]) -> None:
    pairs = [(p.session_id, p.operation_id) for group in groups.values() for p in group if p.operation_id is not None]
    for pair, (first, last) in writes.repeated_operations(pairs).items():
        for publish in groups[pair[0]]:
            if publish.operation_id == pair[1]:
                publish.outcome = PublishReceipt(locked[pair[0]].epoch, first, last)


def _full(groups: dict[int, list[Publish]]) -> dict[int, list[Publish]]:
    return {
        session_id: [publish for publish in group if isinstance(publish.outcome, SessionFull)]
        for session_id, group in groups.items()
    }


def _number(groups: dict[int, list[Publish]], locked: dict[int, writes.LockedSession], now: Any) -> list[SessionBatch]:
    pairs: dict[tuple[int, str], None] = {}
    with_content = False
    for session_id, group in groups.items():
        for publish in group:
            if publish.outcome is not None:
                continue
            keys = publish.keys if publish.resolve else [update.key for update in publish.updates]
            pairs.update(dict.fromkeys((session_id, key) for key in keys))
            with_content = with_content or publish.resolve is not None or has_turn(keys)
            if has_message(keys):
                # Whether the messages' costs count depends on what the session's info says; see summaries.py.
                pairs[(session_id, info_key(locked[session_id].client_id))] = None
    stored = writes.stored_entries(list(pairs), with_content=with_content)
    by_session: dict[int, dict[str, writes.StoredEntry]] = defaultdict(dict)
    for (session_id, key), entry in stored.items():
        by_session[session_id][key] = entry
    limits = write_limits()
    batches = []
    for session_id, group in groups.items():
        batch = SessionBatch(locked[session_id], by_session[session_id], limits)
        for publish in _unrepeated(group):
            batch.apply(publish, now)
        for publish in group:
            _answer_twin(publish, group)
        batches.append(batch)
    return batches


def _unrepeated(group: Sequence[Publish]) -> list[Publish]:
    """The publishes still to apply; of several with one operation id in the same batch only the first."""
    seen: set[str] = set()
    fresh = []
    for publish in group:
        if publish.outcome is not None or (publish.operation_id is not None and publish.operation_id in seen):
            continue
        if publish.operation_id is not None:
            seen.add(publish.operation_id)
        fresh.append(publish)
    return fresh


def _answer_twin(publish: Publish, group: Sequence[Publish]) -> None:
    if publish.outcome is None:
        publish.outcome = next(p.outcome for p in group if p.operation_id == publish.operation_id and p.outcome)


def _write(batches: Sequence[SessionBatch], now: Any, due: Any) -> None:
    writes.upsert_entries([row for batch in batches for row in batch.writes.values()])
    writes.raise_ranks([row for batch in batches for row in batch.ranks.values()])
    writes.insert_operations([row for batch in batches for row in batch.operations])
    write_turns([batch for batch in batches if batch.has_turns])
    writes.update_heads([batch.head_write for batch in batches if batch.commit.updates], now, due)
    for batch in batches:
        changes = summary_update(batch)
        if changes:
            Session.objects.filter(id=batch.session.id).update(**changes)
        if removed := removed_messages(batch):
            RemovedMessage.objects.bulk_create(removed)
