"""Checks that stored data agrees: a session's row with its entries, its entries with its latest snapshot."""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from sync.archive.snapshots import object_read, snapshot_storage, unpack
from sync.archive.snapshots.listing import latest_snapshot
from sync.models import Session, Snapshot
from sync.protocol.turns import TurnTally
from sync.store import SnapshotEntry, read_turns, read_whole

SHOWN_PROBLEMS: Final = 20


class Verification(NamedTuple):
    """`seq` is the latest snapshot's, None without one; `problems` are sentences, SHOWN_PROBLEMS at most."""

    session_id: int
    client_id: str
    head: int
    seq: int | None
    problems: list[str]


def session_verify(*, session_id: int) -> Verification | None:
    """Compare; None when there is no such session. Updates published meanwhile do not count as problems.

    A cold session stays cold: its snapshot is read whole and compared with its row.
    Raises OSError and the storage's other errors when the object cannot be fetched.
    """
    session = Session.objects.filter(pk=session_id).first()
    if session is None:
        return None
    snapshot = latest_snapshot(session)
    stored = _objects_entries(snapshot) if snapshot is not None else {}
    with read_whole(session_id) as state:
        if state is None:
            return None
        rows = {entry.key: entry for entry in state.entries}
        head, epoch, is_cold = state.head, state.epoch, state.is_cold
    if is_cold and session.cold_at is None:
        # It was cooled during the check: its latest snapshot may be another one by now.
        return session_verify(session_id=session_id)
    problems = [*_row_problems(rows, head), *_turn_problems(session_id, head)]
    if isinstance(stored, str):
        problems.append(stored)
    elif is_cold:
        problems += _cold_problems(session, rows, stored, snapshot.seq if snapshot else None)
    elif snapshot is not None and snapshot.epoch == epoch:
        problems += _differences(rows, stored, snapshot.seq, head)
    return Verification(
        session_id, session.client_id, head, snapshot.seq if snapshot else None, problems[:SHOWN_PROBLEMS]
    )


def session_ids_after(session_id: int, count: int) -> list[int]:
    """The next `count` ids in order, for a walk over all sessions in pieces."""
    later = Session.objects.filter(pk__gt=session_id).order_by("pk")
    return list(later.values_list("pk", flat=True)[:count])


def _objects_entries(snapshot: Snapshot) -> dict[str, SnapshotEntry] | str:
    """The entries by key; or a sentence that says what is wrong with the object."""
    name = snapshot.object_name
    try:
        if object_read(name).sha256 != snapshot.sha256:
            return f"the snapshot at {snapshot.seq} has another checksum than when it was stored"
        with snapshot_storage().open(name) as file:
            header, lines = unpack(file)
            entries = {entry.key: entry for entry in lines}
    except FileNotFoundError:
        return f"the snapshot at {snapshot.seq} is not in the object storage"
    except (EOFError, zlib.error, msgspec.DecodeError) as error:
        return f"the snapshot at {snapshot.seq} cannot be read: {error}"
    if (header.epoch, header.seq, header.entries) != (snapshot.epoch, snapshot.seq, len(entries)):
        return f"the snapshot at {snapshot.seq} is one of another state"
    return entries


def _row_problems(rows: dict[str, SnapshotEntry], head: int) -> Iterator[str]:
    numbers = {entry.seq for entry in rows.values()}
    if len(numbers) != len(rows):
        yield "two entries have one number"
    if numbers and max(numbers) > head:
        yield f"an entry has the number {max(numbers)}, above the head {head}"


def _turn_problems(session_id: int, head: int) -> Iterator[str]:
    """Compared with a count of the entries; not while publishes go on, nor when the turns are known to be behind."""
    kept = read_turns(session_id)
    with read_whole(session_id) as state:
        if state is None or state.is_cold or state.head != head:
            return
        tally = TurnTally(state.client_id)
        for entry in state.entries:
            tally.put(entry.key, entry.content)
    if not Session.objects.filter(pk=session_id, head_seq=head, turn_seq=head).exists():
        return
    counted = tally.turns()
    wrong = sorted({*kept, *counted} - {name for name in kept if counted.get(name) == kept[name]})
    if wrong:
        yield f"{len(wrong)} of its turns differ from what their entries count, the first is {wrong[0]}"


def _differences(
    rows: dict[str, SnapshotEntry], stored: dict[str, SnapshotEntry], seq: int, head: int
) -> Iterator[str]:
    """Entries changed after the snapshot have a higher number; all others must be the same."""
    if head < seq:
        yield f"the head {head} is below the snapshot at {seq}"
    for key, entry in stored.items():
        row = rows.get(key)
        if row is None:
            yield f"{key} is in the snapshot at {seq} and not in the database"
        elif row.seq <= seq and _value(row) != _value(entry):
            yield f"{key} differs from the snapshot at {seq}"
    for key, row in rows.items():
        if row.seq <= seq and key not in stored:
            yield f"{key} has the number {row.seq} and is not in the snapshot at {seq}"


def _cold_problems(
    session: Session, rows: dict[str, SnapshotEntry], stored: dict[str, SnapshotEntry], seq: int | None
) -> Iterator[str]:
    if rows:
        yield f"the session is cold and {len(rows)} of its entries are in the database"
    if seq != session.head_seq:
        yield f"the session is cold and there is no snapshot of its head {session.head_seq}"
    living = sum(not entry.deleted for entry in stored.values())
    if living != session.entry_count:
        yield f"the session is cold with {session.entry_count} entries and its snapshot holds {living}"


def _value(entry: SnapshotEntry) -> tuple[int, bool, str]:
    """(seq, deleted, content) without the rank, which may rise while the number stays."""
    return entry.seq, entry.deleted, entry.content
