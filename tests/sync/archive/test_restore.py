"""Restoring a session: the old state as new updates under a new epoch, and back again."""

import json
from pathlib import Path
from typing import Any

import pytest

from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.errors import Conflict
from sync.archive import restoring
from sync.archive.restoring import Restoration, restoration_rehearse, session_restore
from sync.archive.snapshots import SnapshotDamaged
from sync.archive.snapshots import writing as snapshots
from sync.archive.snapshots.writing import snapshot_write, snapshots_prune
from sync.archive.verification import session_verify
from sync.models import Session, SessionEntry, Snapshot
from sync.store import read_state
from tests.cast import Cast, SignIn
from tests.support.audit import audited
from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST_TEXT, INFO, SECOND_TEXT, make_session, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
THIRD_TEXT = f"session/part/{CLIENT_ID}/msg_2/prt_3"
COLUMNS = ("title", "model", "agent_version", "is_running", "has_failed", "has_open_tool", "cost", "tokens_input",
           "tokens_output", "entry_count", "content_bytes")  # fmt: skip


@pytest.fixture
def session(cast: Cast) -> Session:
    return publish(make_session(workspace=cast.alpha, created_by=cast.alice), CONVERSATION)


def take(session: Session) -> Snapshot:
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    return snapshot


def change(session: Session) -> None:
    """One entry changed, one removed, one added, the session's facts too."""
    publish(session, {FIRST_TEXT: {"type": "text", "text": "changed"}, INFO: {"title": "Renamed", "cost": 9}})
    publish(session, {THIRD_TEXT: {"type": "text", "text": "new"}})
    publish(session, {}, deleted=(SECOND_TEXT,))


def contents(session: Session) -> dict[str, str]:
    state = read_state(session.pk)
    assert state is not None
    return {row.key: row.content for row in state.rows}


def columns(session: Session) -> dict[str, Any]:
    session.refresh_from_db()
    return {name: getattr(session, name) for name in COLUMNS}


def test_restored_session_is_what_it_was(session: Session) -> None:
    then, facts = contents(session), columns(session)
    snapshot = take(session)
    change(session)
    done = session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    assert contents(session) == then
    assert columns(session) == facts
    assert (done.restored, done.removed) == (6, 1)


def test_restore_is_in_the_audit_log(cast: Cast, session: Session) -> None:
    snapshot = take(session)
    done = session_restore(snapshot=snapshot, actor=Actor(PERSON, cast.bob.pk, "192.0.2.7"))
    (entry,) = audited(cast.alpha, "session.restore")
    assert (entry.actor_id, entry.ip, entry.target_id) == (cast.bob.pk, "192.0.2.7", CLIENT_ID)
    assert json.loads(entry.details) == {"snapshot": snapshot.pk, "undo": done.undo and done.undo.pk}


def test_numbers_go_on_under_a_new_epoch(session: Session) -> None:
    snapshot = take(session)
    change(session)
    before = session.head_seq
    done = session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    session.refresh_from_db()
    assert (session.epoch, session.head_seq) == (done.epoch, before + 7)
    assert session.epoch != snapshot.epoch
    changed = read_state(session.pk, since=before)
    assert changed is not None
    assert [row.seq for row in changed.rows] == list(range(before + 1, before + 8))
    assert [row.key for row in changed.rows if row.deleted] == [THIRD_TEXT]


def test_restore_is_undone_by_restoring_what_was_taken_before(session: Session) -> None:
    snapshot = take(session)
    change(session)
    now, facts = contents(session), columns(session)
    undo = session_restore(snapshot=snapshot, actor=THE_CONSOLE).undo
    assert undo is not None
    assert undo.seq == session.head_seq
    session_restore(snapshot=undo, actor=THE_CONSOLE)
    assert contents(session) == now
    assert columns(session) == facts


def test_restored_session_is_written_and_agrees_with_its_rows(session: Session) -> None:
    snapshot = take(session)
    change(session)
    session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    session.refresh_from_db()
    assert session.snapshot_due_at is not None
    assert take(session).epoch == session.epoch
    verified = session_verify(session_id=session.pk)
    assert verified is not None
    assert (verified.seq, verified.problems) == (verified.head, [])


def test_ranks_come_back_with_the_entries(session: Session) -> None:
    SessionEntry.objects.filter(key=FIRST_TEXT).update(rank=77)
    snapshot = take(session)
    change(session)
    session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    assert SessionEntry.objects.get(session=session, key=FIRST_TEXT).rank == 77


def test_update_that_comes_between_is_kept_in_the_undo(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = take(session)
    change(session)
    write, late = restoring.snapshot_write, iter([{"session/part/ses_1/msg_1/late": 1}])

    def write_and_publish(*, session_id: int) -> Snapshot | None:
        written = write(session_id=session_id)
        for entries in list(late):
            publish(session, entries)
        return written

    monkeypatch.setattr(restoring, "snapshot_write", write_and_publish)
    undo = session_restore(snapshot=snapshot, actor=THE_CONSOLE).undo
    assert undo is not None
    session_restore(snapshot=undo, actor=THE_CONSOLE)
    assert "session/part/ses_1/msg_1/late" in contents(session)


@pytest.mark.parametrize("puts_first", [0, 1])
def test_slower_worker_leaves_the_undo_of_a_restore_alone(
    session: Session, monkeypatch: pytest.MonkeyPatch, objects: Path, puts_first: int
) -> None:
    """Both store the state before the restore; the worker comes back when the session is of another epoch."""
    then = take(session)
    change(session)
    now = contents(session)
    put, done = snapshots.object_put, list[Restoration]()

    def restored_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(snapshots, "object_put", put)
        for _ in range(puts_first):
            put(*arguments)
        done.append(session_restore(snapshot=then, actor=THE_CONSOLE))
        return put(*arguments)

    monkeypatch.setattr(snapshots, "object_put", restored_meanwhile)
    worker = snapshot_write(session_id=session.pk)
    undo = done[0].undo
    assert undo is not None
    assert undo == worker == Snapshot.objects.get(pk=undo.pk, state=Snapshot.State.STORED)
    assert (objects / undo.object_name).stat().st_size == undo.bytes
    session_restore(snapshot=undo, actor=THE_CONSOLE)
    assert contents(session) == now


@pytest.mark.parametrize("prunes", [True, False])
def test_worker_whose_session_was_restored_meanwhile_leaves_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch, objects: Path, prunes: bool
) -> None:
    """It stores a state that came between: nobody asked for it, and nobody else has it."""
    then = take(session)
    change(session)
    put, seq = snapshots.object_put, session.head_seq

    def restored_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(snapshots, "object_put", put)
        publish(session, {THIRD_TEXT: {"type": "text", "text": "newer"}})
        session_restore(snapshot=then, actor=THE_CONSOLE)
        return put(*arguments)

    monkeypatch.setattr(snapshots, "object_put", restored_meanwhile)
    monkeypatch.setattr(snapshots, "snapshots_prune", {True: snapshots_prune, False: lambda **_: 0}[prunes])
    assert snapshot_write(session_id=session.pk) is None
    assert not Snapshot.objects.filter(seq=seq).exists()
    names = set(Snapshot.objects.values_list("object_name", flat=True))
    assert {str(path.relative_to(objects)) for path in objects.rglob("*.gz")} == names


def test_restore_waits_for_an_undo_that_is_stored(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = take(session)
    change(session)
    write, renewed = restoring.snapshot_write, iter([1])

    def write_and_renew(*, session_id: int) -> Snapshot | None:
        written = write(session_id=session_id)
        for _ in renewed:
            snapshots.snapshot_renew(snapshot=Snapshot.objects.latest("pk"))
        return written

    monkeypatch.setattr(restoring, "snapshot_write", write_and_renew)
    undo = session_restore(snapshot=snapshot, actor=THE_CONSOLE).undo
    assert undo is not None
    assert session_restore(snapshot=undo, actor=THE_CONSOLE).restored == 6


def test_session_that_never_rests_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = take(session)
    change(session)
    write = restoring.snapshot_write

    def write_and_publish(*, session_id: int) -> Snapshot | None:
        written = write(session_id=session_id)
        publish(session, {"session/part/ses_1/msg_1/late": 1})
        return written

    monkeypatch.setattr(restoring, "snapshot_write", write_and_publish)
    with pytest.raises(Conflict):
        session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    session.refresh_from_db()
    assert session.epoch == snapshot.epoch


def test_damaged_snapshot_changes_nothing(session: Session, objects: Path) -> None:
    snapshot = take(session)
    change(session)
    now = contents(session)
    (objects / snapshot.object_name).write_bytes(b"damaged")
    with pytest.raises(SnapshotDamaged):
        session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    assert contents(session) == now


def test_oldest_snapshot_can_be_restored_though_it_is_let_go(session: Session, settings: Any) -> None:
    settings.SYNC_SNAPSHOTS_LAST, settings.SYNC_SNAPSHOTS_HOURLY_HOURS, settings.SYNC_SNAPSHOTS_DAILY_DAYS = 1, 0, 0
    then = contents(session)
    snapshot = take(session)
    change(session)
    session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    assert contents(session) == then


def test_rehearsal_writes_nothing_and_counts_the_same(session: Session) -> None:
    snapshot = take(session)
    change(session)
    rehearsed = restoration_rehearse(snapshot=snapshot)
    assert session.snapshots.count() == 1
    done = session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    assert rehearsed._replace(epoch="", undo=None) == done._replace(epoch="", undo=None)


def test_admin_restores_after_a_page_that_names_the_session(cast: Cast, session: Session, sign_in: SignIn) -> None:
    snapshot = take(session)
    change(session)
    path = f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/snapshots/{snapshot.pk}/restore/"
    bob = sign_in(cast.bob)
    asked = bob.get(path).content.decode()
    assert "Renamed" in asked
    assert CLIENT_ID in asked
    page = bob.post(path, follow=True).content.decode()
    assert "is as it was at" in page
    assert "restore the snapshot at 10" in page
    assert json.loads(contents(session)[FIRST_TEXT])["text"] == "Why does it fail?"


def test_member_may_look_and_not_restore(cast: Cast, session: Session, sign_in: SignIn) -> None:
    snapshot = take(session)
    base = f"/workspaces/{cast.alpha.slug}/sessions/{CLIENT_ID}/snapshots/"
    carol = sign_in(cast.carol)
    assert "estore" not in carol.get(base).content.decode().replace("Before a restore", "")
    assert carol.post(f"{base}{snapshot.pk}/restore/").status_code == 403
    session.refresh_from_db()
    assert session.epoch == snapshot.epoch
