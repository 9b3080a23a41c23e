"""`manage.py sync_verify`: what it finds, and with which exit code it ends."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from sync.archive.snapshots.writing import snapshot_write
from sync.management.commands.sync_verify import DIFFERENT, UNKNOWN, UNREACHABLE
from sync.models import Session, SessionEntry
from tests.support.transcripts import CONVERSATION, FIRST_TEXT, make_session, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]


@pytest.fixture
def session() -> Session:
    session = publish(make_session(), CONVERSATION)
    snapshot_write(session_id=session.pk)
    return session


def verify(*words: str) -> tuple[int, Any]:
    """The exit code and the report."""
    out = StringIO()
    code = 0
    try:
        call_command("sync_verify", "--json", *words, stdout=out)
    except SystemExit as ending:
        code = int(str(ending.code))
    return code, json.loads(out.getvalue())


def the_problem(report: Any) -> str:
    ((problem,),) = [each["problems"] for each in report["different"]]
    return str(problem)


def test_rows_and_snapshot_agree(session: Session) -> None:
    publish(make_session(client_id="ses_2"), {"session/info/ses_2": {}})
    assert verify() == (0, {"sessions": 2, "without_snapshot": 1, "unreachable": [], "different": []})


def test_what_was_published_since_is_no_difference(session: Session) -> None:
    publish(session, {FIRST_TEXT: {"type": "text", "text": "new"}, "session/part/ses_1/msg_1/prt_9": {}})
    publish(session, {}, deleted=(FIRST_TEXT,))
    assert verify()[0] == 0


def test_changed_row_is_found(session: Session) -> None:
    SessionEntry.objects.filter(key=FIRST_TEXT).update(content='"forged"')
    code, report = verify()
    assert code == DIFFERENT
    assert the_problem(report) == f"{FIRST_TEXT} differs from the snapshot at 6"


def test_lost_row_is_found(session: Session) -> None:
    SessionEntry.objects.filter(key=FIRST_TEXT).delete()
    assert the_problem(verify("ses_1")[1]) == f"{FIRST_TEXT} is in the snapshot at 6 and not in the database"


def test_row_out_of_nowhere_is_found(session: Session) -> None:
    SessionEntry.objects.create(session=session, key="session/part/x", seq=0, content="1", size=1)
    assert "is not in the snapshot at 6" in the_problem(verify(str(session.pk))[1])


def test_number_above_the_head_is_found(session: Session) -> None:
    SessionEntry.objects.filter(key=FIRST_TEXT).update(seq=F("seq") + 100)
    assert "above the head 6" in the_problem(verify()[1])


def test_damaged_object_is_found(session: Session, objects: Path) -> None:
    (file,) = objects.rglob("*.gz")
    file.write_bytes(file.read_bytes()[:-9])
    assert "another checksum" in the_problem(verify()[1])


def test_lost_object_is_found(session: Session, objects: Path) -> None:
    (file,) = objects.rglob("*.gz")
    file.unlink()
    assert "not in the object storage" in the_problem(verify()[1])


def test_storage_that_does_not_answer_is_told_apart(session: Session, objects: Path) -> None:
    (file,) = objects.rglob("*.gz")
    file.unlink()
    file.mkdir()
    assert verify() == (
        UNREACHABLE,
        {"sessions": 0, "without_snapshot": 0, "unreachable": [session.pk], "different": []},
    )


def test_unknown_session_is_refused() -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("sync_verify", "ses_none")
    assert refusal.value.returncode == UNKNOWN


def test_people_are_told_in_words(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sync_verify")
    assert capsys.readouterr().out.startswith("1 sessions compared, 0 of them have no snapshot yet, 0 differ")
