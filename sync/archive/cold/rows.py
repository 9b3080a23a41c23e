"""Puts a cold session's entries back into rows, in one transaction with the items held for it meanwhile.

The object is fetched and checked before the lock is taken. The second of two workers finds the session warm and
does nothing.
"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import msgspec
import structlog
from django.db import transaction

from opencode.lib.clock import utc_now
from sync.archive.cold.held import held_items_merge
from sync.archive.snapshots import SnapshotDamaged, snapshot_open
from sync.archive.snapshots.listing import snapshot_of_head
from sync.archive.turns import counted, turns_replace
from sync.models import Session, Snapshot
from sync.protocol.turns import TurnTally
from sync.store import EntryWrite, SnapshotEntry, upsert_entries

log = structlog.get_logger(__name__)
CHUNK_ENTRIES: Final = 500


def session_warm(*, session_id: int) -> bool:
    """Warm the session exactly as it was: epoch, numbers, ranks, tombstones. False when it is not cold, or gone.

    Raises SnapshotDamaged and the storage's errors; nothing has changed then.
    """
    session = Session.objects.filter(pk=session_id, cold_at__isnull=False).first()
    if session is None:
        return False
    snapshot = snapshot_of_head(session)
    if snapshot is None:
        raise SnapshotDamaged(f"session {session_id} is cold and its snapshot is not known")
    with snapshot_open(snapshot) as opened:
        came_back = _rows_write(snapshot, opened.entries)
    if came_back:
        log.info("session_warmed", session=session_id, entries=snapshot.entries)
    return came_back


@transaction.atomic
def _rows_write(snapshot: Snapshot, entries: Iterable[SnapshotEntry]) -> bool:
    found = Session.objects.select_for_update().filter(
        pk=snapshot.session_id, epoch=snapshot.epoch, head_seq=snapshot.seq, cold_at__isnull=False
    )
    session = found.first()
    if session is None:
        return False
    # Turns stay when a session is cooled; one that was cooled before there were any gets them now.
    tally = TurnTally(session.client_id) if session.turn_seq != session.head_seq else None
    readable = _readable(entries) if tally is None else counted(_readable(entries), tally)
    count = 0
    while chunk := list(islice(readable, CHUNK_ENTRIES)):
        upsert_entries([_row(snapshot.session_id, entry) for entry in chunk])
        count += len(chunk)
    if count != snapshot.entries:
        raise SnapshotDamaged(f"{snapshot.object_name} holds {count} entries instead of {snapshot.entries}")
    if tally is not None:
        turns_replace(session.pk, tally, session.head_seq)
    Session.objects.filter(pk=snapshot.session_id).update(cold_at=None, idle_since=utc_now())
    held_items_merge(session_id=snapshot.session_id)
    return True


def _readable(entries: Iterable[SnapshotEntry]) -> Iterator[SnapshotEntry]:
    try:
        yield from entries
    except (EOFError, zlib.error, msgspec.DecodeError) as error:
        raise SnapshotDamaged(f"an entry of a snapshot cannot be read: {error}") from error


def _row(session_id: int, entry: SnapshotEntry) -> EntryWrite:
    size = len(entry.content.encode())
    return EntryWrite(session_id, entry.key, entry.seq, entry.rank, entry.content, size, entry.deleted)
