"""`manage.py session_restore`: lists, rehearses, restores, and says by its exit code what went wrong."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sync.archive.snapshots.writing import snapshot_write
from sync.management.commands.session_restore import UNKNOWN, UNREADABLE
from sync.models import Session, Snapshot
from tests.cast import Cast
from tests.support.transcripts import CONVERSATION, FIRST_TEXT, make_session, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]


@pytest.fixture
def session() -> Session:
    return publish(make_session(), CONVERSATION)


@pytest.fixture
def snapshot(session: Session) -> Snapshot:
    taken = snapshot_write(session_id=session.pk)
    assert taken is not None
    publish(session, {FIRST_TEXT: {"type": "text", "text": "changed"}})
    return taken


def restore(*words: Any) -> Any:
    out = StringIO()
    call_command("session_restore", *map(str, words), stdout=out)
    return out.getvalue()


def code_of(*words: Any) -> int:
    with pytest.raises(CommandError) as refusal:
        restore(*words)
    return refusal.value.returncode


def text_of(session: Session) -> str:
    return str(json.loads(session.entries.get(key=FIRST_TEXT).content)["text"])


def test_without_a_snapshot_it_lists_them(session: Session, snapshot: Snapshot) -> None:
    assert f"--snapshot {snapshot.pk}: taken {snapshot.created_at:%Y-%m-%d}" in restore("ses_1")
    assert json.loads(restore(session.pk, "--json"))["snapshots"][0]["seq"] == 6


def test_dry_run_writes_nothing(session: Session, snapshot: Snapshot) -> None:
    assert restore("ses_1", "--snapshot", snapshot.pk, "--dry-run").startswith("Would write 6 entries")
    assert text_of(session) == "changed"


def test_restore_says_how_to_undo_it(session: Session, snapshot: Snapshot) -> None:
    report = json.loads(restore("ses_1", "--snapshot", snapshot.pk, "--json"))
    assert (report["restored"], report["removed"], report["head"]) == (6, 0, 13)
    assert text_of(session) == "Why does it fail?"
    assert f"--snapshot {report['undo']}" in restore("ses_1")
    restore("ses_1", "--snapshot", report["undo"])
    assert text_of(session) == "changed"


def test_unknown_names_are_refused(session: Session, snapshot: Snapshot) -> None:
    assert code_of("ses_none") == UNKNOWN
    assert code_of("ses_1", "--snapshot", snapshot.pk + 1) == UNKNOWN


def test_ambiguous_id_needs_the_workspace(cast: Cast, session: Session, snapshot: Snapshot) -> None:
    publish(make_session(workspace=cast.alpha), CONVERSATION)
    assert code_of("ses_1") == UNKNOWN
    assert restore("ses_1", "--workspace", cast.alpha.slug).startswith("0 snapshots of ses_1")


def test_snapshot_of_another_session_is_refused(snapshot: Snapshot) -> None:
    publish(make_session(client_id="ses_2"), {"session/info/ses_2": {}})
    assert code_of("ses_2", "--snapshot", snapshot.pk) == UNKNOWN


def test_damaged_snapshot_is_told(session: Session, snapshot: Snapshot, objects: Path) -> None:
    (objects / snapshot.object_name).write_bytes(b"damaged")
    assert code_of("ses_1", "--snapshot", snapshot.pk) == UNREADABLE
    assert text_of(session) == "changed"
