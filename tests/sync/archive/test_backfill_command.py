"""`manage.py usage_backfill`: sessions that were synced before the console rolled up what they report."""

import json
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import ReportedMessage, UsageRollup
from sync.archive import session_cool
from sync.models import Session
from tests.cast import Cast
from tests.support.messages import NOON, assistant, send, session_in
from tests.support.storages import AWAY, keep_snapshots_in

pytestmark = pytest.mark.django_db(transaction=True)
HALF = 50_000_000


def run(*args: str) -> tuple[dict[str, Any], int]:
    """The report as JSON, and the exit code."""
    out = StringIO()
    code = 0
    try:
        call_command("usage_backfill", "--json", "--pace", "1000", *args, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return json.loads(out.getvalue()), code


@pytest.fixture
def old_sessions(cast: Cast, objects: Path) -> list[Session]:
    """A warm one, a cold one with a fork of it, and one without a workspace; nothing of them is due."""
    sessions = [session_in(cast.alpha, f"ses_{number}", created_by=cast.carol) for number in range(3)]
    for number, session in enumerate(sessions):
        send(session, msg_1=assistant(0.5, NOON + min(number, 1)), msg_2=assistant(-1))
    session_cool(session_id=sessions[1].pk)
    send(Session.objects.create(client_id="ses_x", owner_key="nobody"), msg_1=assistant())
    Session.objects.update(reported_due_at=None)
    return sessions


@pytest.mark.usefixtures("old_sessions")
def test_sessions_that_are_there_are_rolled_up_cold_ones_included() -> None:
    report, code = run()
    assert code == 0
    assert report == {
        "sessions": 3,
        "dry_run": False,
        "messages": 6,
        "copies": 1,
        "refused": 3,
        "cost": 2 * HALF,
        "failed": {},
    }
    assert sum(UsageRollup.objects.values_list("cost", flat=True)) == 2 * HALF
    assert run()[0]["sessions"] == 0


@pytest.mark.usefixtures("old_sessions")
def test_dry_run_writes_nothing() -> None:
    report, code = run("--dry-run")
    assert (code, report["sessions"], report["messages"], report["dry_run"]) == (0, 3, 6, True)
    assert not ReportedMessage.objects.exists()
    assert not Session.objects.filter(reported_seq__gt=0).exists()


def test_stopped_command_goes_on_where_it_was(old_sessions: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps = iter([None])

    def stop(_seconds: float) -> None:
        if next(sleeps, KeyboardInterrupt) is KeyboardInterrupt:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.undo()
    assert sum(UsageRollup.objects.values_list("cost", flat=True)) == 2 * HALF
    assert run()[0]["sessions"] == 1
    assert Session.objects.get(pk=old_sessions[2].pk).reported_seq == 2


def test_pace_is_kept(old_sessions: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    call_command("usage_backfill", "--json", "--pace", "0.01", stdout=StringIO())
    assert len(slept) == len(old_sessions)
    assert [round(seconds / 100) for seconds in slept] == [1, 2, 3]


def test_session_that_cannot_be_read_is_named(old_sessions: list[Session], settings: Any) -> None:
    keep_snapshots_in(settings, AWAY)
    report, code = run()
    assert (code, report["messages"]) == (1, 4)
    assert "away" in report["failed"][str(old_sessions[1].pk)]


def test_it_says_what_it_did(old_sessions: list[Session]) -> None:
    out, err = StringIO(), StringIO()
    call_command("usage_backfill", stdout=out, stderr=err)
    assert out.getvalue() == (
        f"{len(old_sessions)} sessions, 6 messages rolled up: $1.00, 1 copies not counted twice, "
        "3 without a usable cost\n"
    )


@pytest.mark.parametrize("pace", ["0", "-1", "nan"])
def test_pace_that_is_none_is_refused(pace: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("usage_backfill", "--pace", pace)
    assert refused.value.returncode == 2
