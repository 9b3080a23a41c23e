"""Snapshots: what they hold, when they are due, and that failing ones delay nobody else."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.storage import DurableFileSystemStorage
from sync.archive.erasure.erasing import session_erase
from sync.archive.snapshots import SnapshotHeader, object_name, unpack
from sync.archive.snapshots import writing as snapshots
from sync.archive.snapshots.sweep import (
    MARK,
    RETRY_FIRST,
    RETRY_LAST,
    snapshots_prune_idle,
    snapshots_remove_orphans,
    snapshots_write_due,
)
from sync.archive.snapshots.writing import snapshot_write
from sync.live.publishing import session_publish_sync
from sync.models import Session, SessionEntry, Snapshot
from sync.protocol.updates import Update
from sync.store import SnapshotEntry, read_state

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
SOON = timedelta(seconds=60)


def make_session(name: str = "ses_one", count: int = 3) -> Session:
    session = Session.objects.create(client_id=name, owner_key=name)
    publish(session, *(Update(f"session/message/{name}/msg_{i}", f'{{"n": {i}}}', rank=i) for i in range(count)))
    return session


def publish(session: Session, *updates: Update) -> None:
    session_publish_sync(session_id=session.pk, updates=updates)


def stored_objects(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def read_snapshot(snapshot: Snapshot) -> tuple[SnapshotHeader, list[SnapshotEntry]]:
    with storages["snapshots"].open(snapshot.object_name) as file:
        header, entries = unpack(file)
        return header, list(entries)


def write(session: Session) -> Snapshot:
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    return snapshot


def test_snapshot_holds_every_entry_with_rank_and_tombstone() -> None:
    session = make_session()
    publish(session, Update("session/message/ses_one/msg_1", "", deleted=True))
    header, entries = read_snapshot(write(session))
    assert (header.session, header.epoch, header.seq, header.entries) == ("ses_one", session.epoch, 4, 3)
    assert entries == [
        SnapshotEntry("session/message/ses_one/msg_0", 1, 0, False, '{"n": 0}'),
        SnapshotEntry("session/message/ses_one/msg_2", 3, 2, False, '{"n": 2}'),
        SnapshotEntry("session/message/ses_one/msg_1", 4, 0, True, ""),
    ]


def test_snapshot_plus_tail_is_the_state() -> None:
    session = make_session()
    _header, entries = read_snapshot(write(session))
    publish(session, Update("session/message/ses_one/msg_0", '"new"'), Update("session/message/ses_one/msg_9", "1"))
    replayed = {entry.key: (entry.seq, entry.content) for entry in entries}
    tail = read_state(session.pk, since=3)
    assert tail is not None
    replayed |= {row.key: (row.seq, row.content) for row in tail.rows}
    state = read_state(session.pk)
    assert state is not None
    assert replayed == {row.key: (row.seq, row.content) for row in state.rows}


def test_stored_snapshot_clears_the_due_mark_and_raises_the_number() -> None:
    session = make_session()
    snapshot = write(session)
    session.refresh_from_db()
    assert session.snapshot_due_at is None
    assert session.snapshot_seq == session.head_seq == snapshot.seq == 3
    assert snapshot.state == Snapshot.State.STORED
    name = rf"sessions/none/{session.pk}/{session.epoch}/00000000000000000003-[0-9a-f]{{16}}\.jsonl\.gz"
    assert re.fullmatch(name, snapshot.object_name)


def test_publishing_while_the_object_is_put_leaves_the_session_due(monkeypatch: pytest.MonkeyPatch) -> None:
    session = make_session()
    save = DurableFileSystemStorage._save

    def save_and_publish(storage: DurableFileSystemStorage, name: str, content: Any) -> str:
        publish(session, Update("session/message/ses_one/late", "1"))
        return save(storage, name, content)

    monkeypatch.setattr(DurableFileSystemStorage, "_save", save_and_publish)
    assert write(session).seq == 3
    session.refresh_from_db()
    assert (session.snapshot_seq, session.head_seq) == (3, 4)
    assert session.snapshot_due_at is not None
    assert session.snapshot_due_at > utc_now()


def test_publish_makes_a_session_due_and_the_sweep_writes_it_once() -> None:
    make_session("ses_a")
    make_session("ses_b")
    assert snapshots_write_due(now=utc_now()) == (0, 0)
    assert snapshots_write_due(now=utc_now() + SOON) == (2, 0)
    assert snapshots_write_due(now=utc_now() + SOON) == (0, 0)


def refuse(_storage: DurableFileSystemStorage, _name: str, _content: Any) -> str:
    raise ConnectionError("the storage is away")


def test_failing_session_stops_no_other_and_waits(objects: Path) -> None:
    broken, fine = make_session("ses_broken"), make_session("ses_fine")
    blocked = objects / f"sessions/none/{broken.pk}"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where a folder must be")
    now = utc_now() + SOON
    assert snapshots_write_due(now=now) == (1, 1)
    assert Snapshot.objects.get(session=fine).state == Snapshot.State.STORED
    assert Snapshot.objects.get(session=broken).state == Snapshot.State.PENDING
    broken.refresh_from_db()
    assert broken.snapshot_due_at is not None
    assert broken.snapshot_due_at >= now + RETRY_FIRST
    blocked.unlink()
    assert snapshots_write_due(now=broken.snapshot_due_at) == (1, 0)


def test_failing_session_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    session = make_session()
    monkeypatch.setattr(DurableFileSystemStorage, "_save", refuse)
    start = utc_now()
    pauses = []
    for minutes in (1, 10, 300):
        now = start + timedelta(minutes=minutes)
        assert snapshots_write_due(now=now) == (0, 1)
        session.refresh_from_db()
        assert session.snapshot_due_at is not None
        pauses.append(session.snapshot_due_at - now)
    assert RETRY_FIRST <= pauses[0] <= timedelta(minutes=1)
    assert timedelta(minutes=9) <= pauses[1] <= timedelta(minutes=10)
    assert pauses[2] == RETRY_LAST


def test_two_sweeps_at_a_time_write_a_session_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_session()
    save, beside = DurableFileSystemStorage._save, []
    now = utc_now() + SOON

    def save_while_another_sweeps(storage: DurableFileSystemStorage, name: str, content: Any) -> str:
        beside.append(snapshots_write_due(now=now))
        return save(storage, name, content)

    monkeypatch.setattr(DurableFileSystemStorage, "_save", save_while_another_sweeps)
    assert snapshots_write_due(now=now) == (1, 0)
    assert beside == [(0, 0)]


def test_sweep_that_saw_an_older_mark_leaves_the_session_alone() -> None:
    session = make_session()
    now = utc_now() + SOON
    assert MARK.take(session.pk, now=now, seen=now - MARK.lease) is None


def test_damaged_object_is_never_offered_and_makes_way(monkeypatch: pytest.MonkeyPatch, objects: Path) -> None:
    session = make_session()
    save = DurableFileSystemStorage._save

    def save_less(storage: DurableFileSystemStorage, name: str, content: Any) -> str:
        return save(storage, name, ContentFile(content.read()[:-1]))

    monkeypatch.setattr(DurableFileSystemStorage, "_save", save_less)
    assert snapshots_write_due(now=utc_now() + SOON) == (0, 1)
    assert Snapshot.objects.get(session=session).state == Snapshot.State.PENDING
    monkeypatch.setattr(DurableFileSystemStorage, "_save", save)
    assert stored_objects(objects) == []
    written = write(session)
    assert stored_objects(objects) == [written.object_name]


def test_worker_whose_row_got_another_name_meanwhile_marks_nothing(
    monkeypatch: pytest.MonkeyPatch, objects: Path
) -> None:
    session = make_session()
    put = snapshots.object_put

    def renewed_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(snapshots, "object_put", put)
        snapshots.snapshot_renew(snapshot=Snapshot.objects.get())
        return put(*arguments)

    monkeypatch.setattr(snapshots, "object_put", renewed_meanwhile)
    assert snapshot_write(session_id=session.pk) is None
    assert (Snapshot.objects.get().state, stored_objects(objects)) == (Snapshot.State.PENDING, [])
    written = write(session)
    assert stored_objects(objects) == [written.object_name]


def test_session_erased_during_the_put_leaves_no_object(monkeypatch: pytest.MonkeyPatch, objects: Path) -> None:
    session = make_session()
    save = DurableFileSystemStorage._save

    def erase_and_save(storage: DurableFileSystemStorage, name: str, content: Any) -> str:
        session_erase(session_id=session.pk, actor=THE_CONSOLE)
        return save(storage, name, content)

    monkeypatch.setattr(DurableFileSystemStorage, "_save", erase_and_save)
    assert snapshot_write(session_id=session.pk) is None
    assert stored_objects(objects) == []
    assert not Snapshot.objects.exists()


def test_erased_session_loses_its_objects_and_drafts(objects: Path) -> None:
    session, other = make_session("ses_one"), make_session("ses_two")
    mine, theirs = write(session), write(other)
    (objects / mine.object_name).with_name(".half.draft").write_bytes(b"half")
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert stored_objects(objects) == [theirs.object_name]


def test_objects_of_missing_sessions_are_swept(objects: Path) -> None:
    session = make_session()
    kept = write(session)
    orphan = object_name(None, session.pk + 1000, "e" * 16, 1)
    storages["snapshots"].save(orphan, ContentFile(b"left by a killed worker"))
    assert snapshots_remove_orphans() == 1
    assert stored_objects(objects) == [kept.object_name]


def test_many_updates_make_a_session_due_before_its_time(settings: Any) -> None:
    settings.SYNC_SNAPSHOT_UPDATES = 10
    make_session("ses_quiet", count=9)
    make_session("ses_busy", count=10)
    assert snapshots_write_due(now=utc_now()) == (1, 0)
    assert Snapshot.objects.get().session.client_id == "ses_busy"


def test_many_updates_do_not_shorten_the_pause_after_a_failure(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SYNC_SNAPSHOT_UPDATES = 2
    make_session()
    monkeypatch.setattr(DurableFileSystemStorage, "_save", refuse)
    now = utc_now()
    assert snapshots_write_due(now=now) == (0, 1)
    assert snapshots_write_due(now=now + timedelta(seconds=5)) == (0, 0)


def test_idle_sessions_let_their_old_snapshots_go(settings: Any, objects: Path) -> None:
    settings.SYNC_SNAPSHOTS_LAST = 1
    session = make_session()
    write(session)
    Snapshot.objects.update(created_at=utc_now() - timedelta(hours=23))
    publish(session, Update("session/message/ses_one/msg_0", "9"))
    newest = write(session)
    assert Snapshot.objects.count() == 2
    assert snapshots_prune_idle(now=utc_now() + timedelta(days=31)) == 1
    assert stored_objects(objects) == [newest.object_name]


def test_only_the_newest_snapshots_are_kept(settings: Any, objects: Path) -> None:
    settings.SYNC_SNAPSHOTS_LAST, settings.SYNC_SNAPSHOTS_HOURLY_HOURS, settings.SYNC_SNAPSHOTS_DAILY_DAYS = 2, 0, 0
    session = make_session()
    names = []
    for number in range(4):
        publish(session, Update("session/message/ses_one/msg_0", str(number)))
        names.append(write(session).object_name)
    assert stored_objects(objects) == names[-2:]
    assert list(Snapshot.objects.order_by("id").values_list("object_name", flat=True)) == names[-2:]


def test_empty_session_has_no_snapshot() -> None:
    session = Session.objects.create(client_id="ses_empty", owner_key="x", snapshot_due_at=utc_now())
    assert snapshots_write_due(now=utc_now() + SOON) == (1, 0)
    session.refresh_from_db()
    assert session.snapshot_due_at is None
    assert not Snapshot.objects.exists()


def test_snapshot_of_an_unchanged_session_is_written_once(objects: Path) -> None:
    session = make_session()
    first = write(session)
    Session.objects.filter(pk=session.pk).update(snapshot_due_at=utc_now())
    assert write(session).pk == first.pk
    session.refresh_from_db()
    assert session.snapshot_due_at is None
    assert stored_objects(objects) == [first.object_name]


def test_many_rows_come_in_one_consistent_read() -> None:
    session = make_session(count=1203)
    header, entries = read_snapshot(write(session))
    assert header.entries == len(entries) == SessionEntry.objects.filter(session=session).count()
    assert [entry.seq for entry in entries] == list(range(1, 1204))
