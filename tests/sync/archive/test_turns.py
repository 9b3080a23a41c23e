"""A session's turns stay right through its whole life, and are filled for sessions from before there were any."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive import session_cool, session_erase, session_restore, session_verify, session_warm, turns_fill
from sync.archive import turns as filling
from sync.archive.erasure.receipts import rows_left
from sync.archive.snapshots.sweep import snapshots_write_due
from sync.archive.snapshots.writing import snapshot_write
from sync.models import Session, SessionEntry, Turn
from sync.protocol.turns import TurnCounts, TurnHead
from sync.store import WholeState, read_turns, read_whole
from tests.cast import Cast
from tests.support.transcripts import CLIENT_ID, CONVERSATION, make_session, publish
from tests.sync.writer.test_turns import FAILED, PATCH, TEXT, counted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
RUN = f"session/part/{CLIENT_ID}/msg_2/prt_3"
EDIT = f"session/part/{CLIENT_ID}/msg_2/prt_4"


@pytest.fixture
def session(cast: Cast) -> Session:
    edit = {"type": "tool", "tool": "apply_patch", "state": PATCH}
    return publish(make_session(workspace=cast.alpha, created_by=cast.alice), {**CONVERSATION, RUN: FAILED, EDIT: edit})


def is_right(session: Session) -> bool:
    session.refresh_from_db()
    verified = session_verify(session_id=session.pk)
    assert verified is not None
    return session.turn_seq == session.head_seq and read_turns(session.pk) == counted(session) and not verified.problems


def forget(session: Session) -> None:
    """As a session is that was written before there were turns."""
    Turn.objects.filter(session=session).delete()
    Session.objects.filter(pk=session.pk).update(turn_seq=0)


def test_a_restored_session_has_the_turns_it_had(session: Session) -> None:
    then = read_turns(session.pk)
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    publish(session, {f"session/part/{CLIENT_ID}/msg_9/prt_9": FAILED, EDIT: TEXT}, deleted=(RUN,))
    assert read_turns(session.pk) != then
    session_restore(snapshot=snapshot, actor=THE_CONSOLE)
    assert read_turns(session.pk) == then
    assert is_right(session)


def test_turns_stay_while_a_session_is_cold_and_go_on_when_it_is_warm(session: Session) -> None:
    then = read_turns(session.pk)
    session_cool(session_id=session.pk)
    assert not SessionEntry.objects.exists()
    assert read_turns(session.pk) == then
    assert session_warm(session_id=session.pk)
    publish(session, {RUN: TEXT})
    assert is_right(session)


def test_a_session_that_was_cold_before_there_were_turns_gets_them_when_it_is_warmed(session: Session) -> None:
    then = read_turns(session.pk)
    session_cool(session_id=session.pk)
    forget(session)
    assert not turns_fill(session_id=session.pk)
    session_warm(session_id=session.pk)
    assert read_turns(session.pk) == then
    assert is_right(session)


def test_an_erased_session_leaves_no_turn(session: Session) -> None:
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert rows_left(session.pk)["Turn"] == 0


def test_the_sweep_fills_the_turns_of_older_sessions(session: Session) -> None:
    then = read_turns(session.pk)
    forget(session)
    publish(session, {EDIT: {"type": "tool", "tool": "apply_patch", "state": PATCH}})
    Session.objects.filter(pk=session.pk).update(snapshot_due_at=utc_now())
    snapshots_write_due(now=utc_now())
    assert read_turns(session.pk) == then
    assert is_right(session)
    assert not turns_fill(session_id=session.pk)


def test_what_is_written_during_a_filling_is_counted(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(session)

    @contextmanager
    def read_and_publish(session_id: int) -> Iterator[WholeState | None]:
        with read_whole(session_id) as state:
            yield state
        publish(session, {f"session/part/{CLIENT_ID}/msg_9/prt_9": FAILED, EDIT: TEXT}, deleted=(RUN,))

    monkeypatch.setattr(filling, "read_whole", read_and_publish)
    assert turns_fill(session_id=session.pk)
    assert read_turns(session.pk)["msg_9"] == (TurnHead(), TurnCounts(tools=1, failures=1))
    assert is_right(session)


def test_a_check_finds_turns_that_are_not_right(session: Session) -> None:
    Turn.objects.filter(session=session, message_id="msg_2").update(failures=7)
    Turn.objects.create(session=session, message_id="msg_7", tools=1)
    verified = session_verify(session_id=session.pk)
    assert verified is not None
    assert verified.problems == ["2 of its turns differ from what their entries count, the first is msg_2"]
