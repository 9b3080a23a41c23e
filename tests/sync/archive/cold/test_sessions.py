"""Idle sessions leave the database for their snapshot, and come back as they were."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.storage import DurableFileSystemStorage
from sync.archive.cold import cooling, read_warm, session_warm
from sync.archive.cold.cooling import Cooling, session_cool
from sync.archive.erasure.confirming import deletion_verify
from sync.archive.erasure.erasing import session_erase
from sync.archive.restoring import restoration_rehearse, session_restore
from sync.archive.snapshots import SnapshotDamaged, snapshot_open
from sync.archive.snapshots import writing as snapshots
from sync.archive.snapshots.leftovers import objects_left
from sync.archive.snapshots.sweep import snapshots_prune_idle, snapshots_remove_orphans, snapshots_write_due
from sync.archive.snapshots.writing import snapshot_renew, snapshot_write, snapshots_prune
from sync.archive.verification import session_verify
from sync.live.publishing import session_publish_sync
from sync.models import Operation, Session, SessionEntry, Snapshot
from sync.protocol.updates import PublishReceipt, Update
from sync.store import SessionIsCold, read_entries, read_state
from sync.store.writes import RankWrite, raise_ranks
from sync.writer import Publish, Writer
from tests.support.storages import AWAY, keep_snapshots_in
from tests.sync.archive.cold.coldness import busy_session, columns_of, cool, is_cold, rows_of, write
from tests.sync.writer.answers import Answers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
PART = "session/part/ses_1/msg_1/prt_0"
LONG_AGO = timedelta(days=400)


def stored(session: Session) -> Snapshot:
    return Snapshot.objects.get(session=session, epoch=session.epoch, seq=session.head_seq)


def damage(snapshot: Snapshot, content: bytes = b"damaged") -> None:
    storages["snapshots"].delete(snapshot.object_name)
    storages["snapshots"].save(snapshot.object_name, ContentFile(content))


# --- going


def test_cold_session_has_no_entries_and_comes_back_as_it_was() -> None:
    session = busy_session()
    rows, columns = rows_of(session), columns_of(session)
    cool(session)
    assert (is_cold(session), rows_of(session)) == (True, [])
    assert (session.idle_since, session.snapshot_due_at, session.snapshot_seq) == (None, None, 5)
    assert columns_of(session) == columns
    assert session_warm(session_id=session.pk)
    assert (is_cold(session), rows_of(session)) == (False, rows)
    assert columns_of(session) == columns
    assert session.idle_since is not None
    assert session_warm(session_id=session.pk) is False


def test_cold_session_is_never_read_as_an_empty_one() -> None:
    session = cool(busy_session())
    for arguments in ((), (5,), (0, 1)):
        with pytest.raises(SessionIsCold):
            read_state(session.pk, *arguments)
    with pytest.raises(SessionIsCold):
        read_entries(session.pk, [PART])
    state = read_warm(read_state, session.pk)
    assert state is not None
    assert len(state.rows) == 3


@pytest.mark.parametrize("point", ["_compared", "_rows_remove"])
def test_publish_that_lands_while_the_session_is_being_cooled_keeps_it_here(
    monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    session = busy_session()
    step = getattr(cooling, point)

    def publish_first(*arguments: Any) -> Any:
        write(session, Update(PART, '"late"'))
        return step(*arguments)

    monkeypatch.setattr(cooling, point, publish_first)
    assert session_cool(session_id=session.pk) is Cooling.BUSY
    assert not is_cold(session)
    assert rows_of(session)[-1][:4] == (PART, 6, 0, '"late"')


def test_session_that_became_active_stays_however_idle_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    session = busy_session()
    assert session_cool(session_id=session.pk, active_before=session.last_activity_at) is Cooling.BUSY
    assert not is_cold(session)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_risen_rank_leaves_with_its_entry(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """A later clock that said the same raises the rank and leaves no number to notice it by."""
    session = busy_session()
    snapshot_write(session_id=session.pk)
    step = cooling._rows_remove

    def raise_first(*arguments: Any) -> Any:
        raise_ranks([RankWrite(99, session.pk, PART)])
        return step(*arguments)

    if_meanwhile = {"before": step, "meanwhile": raise_first}[when]
    monkeypatch.setattr(cooling, "_rows_remove", if_meanwhile)
    {"before": lambda: raise_ranks([RankWrite(99, session.pk, PART)]), "meanwhile": lambda: None}[when]()
    outcome = session_cool(session_id=session.pk)
    assert outcome is {"before": Cooling.COOLED, "meanwhile": Cooling.BUSY}[when]
    session_warm(session_id=session.pk)
    assert SessionEntry.objects.get(key=PART).rank == 99


@pytest.mark.parametrize("content", [b"damaged", b""])
def test_damaged_snapshot_is_written_anew_before_anything_is_removed(content: bytes) -> None:
    session = busy_session()
    rows = rows_of(session)
    snapshot_write(session_id=session.pk)
    damage(stored(session), content)
    cool(session)
    session_warm(session_id=session.pk)
    assert rows_of(session) == rows


def storage_with_late_deletes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From here on nothing is deleted; the names of what should have been."""
    late: list[str] = []
    monkeypatch.setattr(DurableFileSystemStorage, "delete", lambda _storage, name: late.append(name))
    return late


def test_late_delete_of_a_damaged_object_never_meets_the_one_a_session_lives_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = busy_session()
    rows = rows_of(session)
    snapshot_write(session_id=session.pk)
    damage(stored(session))
    with monkeypatch.context() as patch:
        late = storage_with_late_deletes(patch)
        cool(session)
    assert len(late) == 1
    storages["snapshots"].delete(late[0])
    session_warm(session_id=session.pk)
    assert rows_of(session) == rows


def test_late_worker_overwrites_no_checksum_of_a_renewed_snapshot(
    monkeypatch: pytest.MonkeyPatch, objects: Path
) -> None:
    """Its object holds a rank that has risen since; it comes back when the session lives in another one."""
    session = busy_session()
    put = snapshots.object_put

    def cooled_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(snapshots, "object_put", put)
        mine = put(*arguments)
        raise_ranks([RankWrite(99, session.pk, PART)])
        cool(session)
        return mine

    monkeypatch.setattr(snapshots, "object_put", cooled_meanwhile)
    assert snapshot_write(session_id=session.pk) == stored(session)
    assert [path.name for path in objects.rglob("*.gz")] == [Path(stored(session).object_name).name]
    session_warm(session_id=session.pk)
    assert SessionEntry.objects.get(key=PART).rank == 99


@pytest.mark.parametrize("since", ["written to", "restored", "cold"])
def test_object_is_let_go_only_while_the_rows_hold_its_state(since: str) -> None:
    session = busy_session()
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    {
        "written to": lambda: write(session, Update(PART, '"newer"')),
        "restored": lambda: session_restore(snapshot=snapshot, actor=THE_CONSOLE),
        "cold": lambda: cool(session),
    }[since]()
    snapshot_renew(snapshot=snapshot)
    assert Snapshot.objects.get(pk=snapshot.pk) == snapshot
    with snapshot_open(Snapshot.objects.get(pk=snapshot.pk)) as opened:
        assert len(list(opened.entries)) == 4


def test_snapshot_that_stays_damaged_keeps_the_session_here(monkeypatch: pytest.MonkeyPatch) -> None:
    session = busy_session()
    write_snapshot = cooling.snapshot_write

    def write_and_damage(*, session_id: int) -> Snapshot | None:
        snapshot = write_snapshot(session_id=session_id)
        damage(stored(session))
        return snapshot

    monkeypatch.setattr(cooling, "snapshot_write", write_and_damage)
    with pytest.raises(SnapshotDamaged):
        session_cool(session_id=session.pk)
    assert (is_cold(session), len(rows_of(session))) == (False, 4)


def test_storage_that_is_away_keeps_the_session_here(settings: LazySettings) -> None:
    session = busy_session()
    snapshot_write(session_id=session.pk)
    keep_snapshots_in(settings, AWAY)
    with pytest.raises(ConnectionError):
        session_cool(session_id=session.pk)
    assert (is_cold(session), len(rows_of(session))) == (False, 4)


def test_empty_and_unknown_sessions_are_told_apart() -> None:
    session = Session.objects.create(client_id="ses_1", owner_key="one")
    assert session_cool(session_id=session.pk) is Cooling.EMPTY
    assert session_cool(session_id=session.pk + 1) is Cooling.GONE
    cold = cool(busy_session("ses_2"))
    assert session_cool(session_id=cold.pk) is Cooling.COLD


def test_repeat_of_a_publish_gets_its_acknowledgement_across_coldness() -> None:
    session = busy_session()
    first = session_publish_sync(session_id=session.pk, updates=[Update(PART, "1")], operation_id="new")
    session_publish_sync(session_id=session.pk, updates=[Update(PART, "2")], operation_id="old")
    Operation.objects.filter(operation_id="old").update(created_at=utc_now() - timedelta(days=2))
    cool(session)
    assert list(Operation.objects.values_list("operation_id", flat=True)) == ["new"]
    again = session_publish_sync(session_id=session.pk, updates=[Update(PART, "3")], operation_id="new")
    assert again == first == PublishReceipt(session.epoch, 6, 6)


def test_publish_never_overtakes_those_that_wait_for_its_session() -> None:
    session = cool(busy_session())
    woken, answers = threading.Event(), Answers()
    writer = Writer(answers, wake=lambda _session_id: woken.set())
    writer.start()
    first, second = (Publish(session.pk, [Update(PART, text)]) for text in ('"first"', '"second"'))
    writer.submit(first)
    assert woken.wait(10)
    session_warm(session_id=session.pk)
    writer.submit(second)
    writer.release(session.pk, None)
    outcomes = answers.wait(first, second)
    writer.stop()
    assert outcomes == [PublishReceipt(session.epoch, 6, 6), PublishReceipt(session.epoch, 7, 7)]


def test_snapshot_with_another_count_than_was_stored_brings_nothing_back() -> None:
    session = cool(busy_session())
    Snapshot.objects.update(entries=5)
    with pytest.raises(SnapshotDamaged):
        session_warm(session_id=session.pk)
    assert (is_cold(session), rows_of(session)) == (True, [])


# --- what else touches sessions


def test_publish_to_a_cold_session_goes_on_from_its_head() -> None:
    session = cool(busy_session())
    receipt = session_publish_sync(session_id=session.pk, updates=[Update(PART, '"back"')])
    assert receipt == PublishReceipt(session.epoch, 6, 6)
    session.refresh_from_db()
    assert (session.cold_at, session.entry_count, len(rows_of(session))) == (None, 3, 4)
    assert session.snapshot_due_at is not None


def test_reader_resumes_across_coldness_without_loading_again() -> None:
    session = busy_session()
    before = read_state(session.pk, 3)
    cool(session)
    assert read_warm(read_state, session.pk, 3) == before


def test_sweep_never_stores_a_cold_session_as_an_empty_one() -> None:
    session = cool(busy_session())
    Session.objects.update(snapshot_due_at=utc_now())
    assert snapshots_write_due(now=utc_now() + timedelta(minutes=1)) == (1, 0)
    session.refresh_from_db()
    assert (session.snapshot_due_at, stored(session).entries) == (None, 4)
    assert Snapshot.objects.count() == 1


def test_cold_session_whose_snapshot_is_not_known_is_not_stored_anew_from_nothing() -> None:
    session = cool(busy_session())
    Snapshot.objects.update(state=Snapshot.State.PENDING)
    Session.objects.update(snapshot_due_at=utc_now())
    snapshots_write_due(now=utc_now() + timedelta(minutes=1))
    assert not Snapshot.objects.filter(state=Snapshot.State.STORED).exists()
    Snapshot.objects.update(state=Snapshot.State.STORED)
    assert session_warm(session_id=session.pk)
    assert len(rows_of(session)) == 4


@pytest.mark.parametrize("prunes", [True, False])
def test_slower_worker_with_an_older_state_takes_nothing_back(
    monkeypatch: pytest.MonkeyPatch, objects: Path, prunes: bool
) -> None:
    session = busy_session()
    put = snapshots.object_put

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(snapshots, "object_put", put)
        write(session, Update(PART, '"newer"'))
        cool(session)
        return put(*arguments)

    monkeypatch.setattr(snapshots, "object_put", overtaken)
    monkeypatch.setattr(snapshots, "snapshots_prune", {True: snapshots_prune, False: lambda **_: 0}[prunes])
    snapshot_write(session_id=session.pk)
    session.refresh_from_db()
    assert (session.snapshot_seq, session.head_seq, session.snapshot_due_at) == (6, 6, None)
    names = set(Snapshot.objects.values_list("object_name", flat=True))
    assert {str(path.relative_to(objects)) for path in objects.rglob("*.gz")} == names
    assert session_warm(session_id=session.pk)


def test_retention_keeps_the_snapshot_a_session_lives_in(settings: LazySettings) -> None:
    settings.SYNC_SNAPSHOTS_LAST = 1
    settings.SYNC_SNAPSHOTS_HOURLY_HOURS = settings.SYNC_SNAPSHOTS_DAILY_DAYS = 0
    session = cool(busy_session())
    rows = Snapshot.objects.filter(session=session)
    old = utc_now() - LONG_AGO
    rows.update(created_at=old)
    # Two more, by slow workers with older states, whose rows are newer.
    for seq in (1, 2):
        Snapshot.objects.create(
            session=session, epoch=session.epoch, seq=seq, object_name=f"sessions/x/{seq}", state=Snapshot.State.STORED
        )
    snapshots_prune_idle(now=utc_now())
    snapshots_prune(session_id=session.pk, now=utc_now())
    assert sorted(rows.values_list("seq", "state")) == [(2, "stored"), (5, "stored")]
    assert session_warm(session_id=session.pk)


def test_orphan_sweep_keeps_cold_sessions() -> None:
    session = cool(busy_session())
    assert snapshots_remove_orphans() == 0
    assert session_warm(session_id=session.pk)


def test_erased_cold_session_leaves_nothing_and_its_receipt_counts_what_was_stored(
    objects: Path, django_capture_on_commit_callbacks: Any
) -> None:
    session = cool(busy_session())
    receipt = session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert receipt is not None
    receipt.refresh_from_db()
    assert (receipt.entries, receipt.snapshots, receipt.objects_removed) == (4, 1, 1)
    assert deletion_verify(receipt=receipt).is_clean
    assert objects_left(receipt.object_prefix) == 0
    assert session_warm(session_id=session.pk) is False


def test_session_erased_while_it_comes_back_stays_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.archive.cold import rows

    session = cool(busy_session())
    step = rows._rows_write

    def erase_first(*arguments: Any) -> bool:
        session_erase(session_id=session.pk, actor=THE_CONSOLE)
        return step(*arguments)

    monkeypatch.setattr(rows, "_rows_write", erase_first)
    assert session_warm(session_id=session.pk) is False
    assert not SessionEntry.objects.exists()


def test_cold_session_is_restored_like_any_other() -> None:
    session = busy_session()
    then = snapshot_write(session_id=session.pk)
    assert then is not None
    write(session, Update(PART, '"changed"'))
    cool(session)
    assert restoration_rehearse(snapshot=then).restored == 3
    cool(session)
    done = session_restore(snapshot=then, actor=THE_CONSOLE)
    assert (done.restored, done.head) == (3, 9)
    state = read_state(session.pk)
    assert state is not None
    assert {row.key: row.content for row in state.rows}[PART] == '{"n": 0}'


# --- verification


def test_verification_reads_a_cold_session_where_it_is() -> None:
    session = cool(busy_session())
    verified = session_verify(session_id=session.pk)
    assert verified is not None
    assert (verified.head, verified.seq, verified.problems) == (5, 5, [])
    assert is_cold(session)


def test_verification_finds_a_cold_session_that_could_not_come_back() -> None:
    session = cool(busy_session())
    damage(stored(session))
    verified = session_verify(session_id=session.pk)
    assert verified is not None
    assert verified.problems == ["the snapshot at 5 has another checksum than when it was stored"]


def test_verification_finds_a_cold_session_without_its_snapshot_or_with_entries() -> None:
    session = cool(busy_session())
    SessionEntry.objects.create(session=session, key=PART, seq=4, content="1", size=1)
    Session.objects.update(head_seq=6, entry_count=2)
    verified = session_verify(session_id=session.pk)
    assert verified is not None
    assert verified.problems == [
        "the session is cold and 1 of its entries are in the database",
        "the session is cold and there is no snapshot of its head 6",
        "the session is cold with 2 entries and its snapshot holds 3",
    ]


@pytest.mark.parametrize("gone", ["object", "row"])
def test_cold_session_whose_snapshot_is_gone_is_refused_not_empty(gone: str) -> None:
    session = cool(busy_session())
    {
        "object": lambda: storages["snapshots"].delete(stored(session).object_name),
        "row": lambda: stored(session).delete(),
    }[gone]()
    with pytest.raises({"object": FileNotFoundError, "row": SnapshotDamaged}[gone]):
        session_warm(session_id=session.pk)
    assert is_cold(session)
