"""Restoring a session: an old state written as new updates under a new epoch, after the present one was stored.

Asks stay as they are: what an agent waits for is no part of the past.
Readers see the new epoch and load again. Numbers go on; nothing is taken back, so another restore undoes a restore.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

import structlog
from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import Conflict
from sync.archive.cold import session_warm
from sync.archive.snapshots import snapshot_open
from sync.archive.snapshots.writing import snapshot_write
from sync.archive.turns import counted, turns_replace
from sync.errors import SessionGone
from sync.models import Session, SessionEntry, Snapshot, new_epoch
from sync.protocol.keys import ASKS, is_ask_key
from sync.protocol.tally import summary_columns
from sync.protocol.turns import TurnTally
from sync.store import EntryWrite, SnapshotEntry, upsert_entries
from workspaces.services.audit import audit_record

log = structlog.get_logger(__name__)
# A busy session can change between its snapshot and the lock: so many attempts are made.
ATTEMPTS: Final = 5
CHUNK_ENTRIES: Final = 200


class Restoration(NamedTuple):
    """`restored` entries were written and `removed` ones became tombstones; `undo` is the snapshot of the state before.

    `undo` is None for a rehearsal.
    """

    epoch: str
    head: int
    restored: int
    removed: int
    undo: Snapshot | None


def session_restore(*, snapshot: Snapshot, actor: Actor) -> Restoration:
    """Make the session what it was in `snapshot`, in one transaction.

    Raises Conflict when others keep writing, SessionGone, SnapshotDamaged, and the storage's errors; then nothing has
    changed.
    """
    # Fetched before anything is written: storing the present state may make the retention delete the oldest snapshot.
    with snapshot_open(snapshot) as opened:
        for _ in range(ATTEMPTS):
            session_warm(session_id=snapshot.session_id)
            undo = snapshot_write(session_id=snapshot.session_id)
            if undo is None and not Session.objects.filter(pk=snapshot.session_id).exists():
                raise SessionGone
            done = _rewrite(snapshot, undo, opened.entries, actor) if undo is not None else None
            if done is not None:
                log.info(
                    "session_restored",
                    session=snapshot.session_id,
                    snapshot=snapshot.pk,
                    undo=undo and undo.pk,
                    actor=actor.id,
                )
                return done
    raise Conflict("The session is being written to; try again in a moment.")


def restoration_rehearse(*, snapshot: Snapshot) -> Restoration:
    """What `session_restore` would do now. Writes nothing, except that a cold session is warmed."""
    session_warm(session_id=snapshot.session_id)
    session = Session.objects.get(pk=snapshot.session_id)
    with snapshot_open(snapshot) as opened:
        living = {entry.key for entry in opened.entries if not entry.deleted and not is_ask_key(entry.key)}
    now = set(_living(session).values_list("key", flat=True))
    removed = len(now - living)
    return Restoration(session.epoch, session.head_seq + len(living) + removed, len(living), removed, None)


@transaction.atomic
def _rewrite(snapshot: Snapshot, undo: Snapshot, entries: Iterable[SnapshotEntry], actor: Actor) -> Restoration | None:
    """None, with nothing written, when the session has moved on from `undo`, or `undo` is no longer stored."""
    unchanged = Session.objects.select_for_update().filter(pk=undo.session_id, epoch=undo.epoch, head_seq=undo.seq)
    session = unchanged.filter(cold_at=None).first()
    if session is None or not Snapshot.objects.filter(pk=undo.pk, state=Snapshot.State.STORED).exists():
        return None
    writing = _Writing(session)
    tally = TurnTally(session.client_id)
    columns = summary_columns(session.client_id, writing.put(counted(entries, tally)))
    restored = writing.count
    removed = writing.remove_others()
    now = utc_now()
    epoch = new_epoch()
    Session.objects.filter(pk=session.pk).update(
        epoch=epoch,
        head_seq=writing.head,
        entry_count=restored + writing.asks,
        content_bytes=writing.bytes + writing.asks_bytes,
        snapshot_seq=0,
        snapshot_due_at=now,
        last_activity_at=now,
        **columns,
    )
    turns_replace(session.pk, tally, writing.head)
    if session.workspace_id is not None:
        audit_record(
            workspace_id=session.workspace_id,
            actor=actor,
            action="session.restore",
            target_id=session.client_id,
            details={"snapshot": snapshot.pk, "undo": undo.pk},
        )
    return Restoration(epoch, writing.head, restored, removed, undo)


class _Writing:
    """Numbers and writes the entries of one restore, going on after the session's head."""

    def __init__(self, session: Session) -> None:
        self.session_id = session.pk
        self.head = session.head_seq
        self.count = 0
        self.bytes = 0
        self._others = dict(_living(session).values_list("key", "rank"))
        asks = SessionEntry.objects.filter(session=session, deleted=False, key__gte=ASKS[0], key__lt=ASKS[1])
        sums = asks.aggregate(count=Count("id"), bytes=Sum("size"))
        self.asks, self.asks_bytes = sums["count"], sums["bytes"] or 0

    def put(self, entries: Iterable[SnapshotEntry]) -> Iterator[tuple[str, str]]:
        """Write the entries that are not tombstones, in pieces; yields each as (key, content) once it is written."""
        living = (entry for entry in entries if not entry.deleted and not is_ask_key(entry.key))
        while chunk := list(islice(living, CHUNK_ENTRIES)):
            upsert_entries([self._row(entry.key, entry.rank, entry.content, deleted=False) for entry in chunk])
            self.count += len(chunk)
            for entry in chunk:
                self._others.pop(entry.key, None)
                yield entry.key, entry.content

    def remove_others(self) -> int:
        """Write tombstones for entries the old state did not have. Ranks stay, so that no stale item replaces them."""
        removed = len(self._others)
        others = iter(sorted(self._others.items()))
        while chunk := list(islice(others, CHUNK_ENTRIES)):
            upsert_entries([self._row(key, rank, "", deleted=True) for key, rank in chunk])
        return removed

    def _row(self, key: str, rank: int, content: str, *, deleted: bool) -> EntryWrite:
        self.head += 1
        size = len(content.encode())
        self.bytes += size
        return EntryWrite(self.session_id, key, self.head, rank, content, size, deleted)


def _living(session: Session) -> QuerySet[SessionEntry]:
    """The entries a restore replaces or removes: all that stand but asks."""
    living = SessionEntry.objects.filter(session=session, deleted=False)
    return living.exclude(key__gte=ASKS[0], key__lt=ASKS[1]).order_by()
