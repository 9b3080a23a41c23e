"""`manage.py search_rebuild`: sessions from before there was a search, cold ones included, become findable."""

import json
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sync.archive import session_cool
from sync.models import Session, SessionSearch
from sync.search import sessions_find
from tests.cast import Cast
from tests.support.storages import AWAY, keep_snapshots_in
from tests.support.transcripts import CONVERSATION, FIRST_TEXT, make_session, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]


def run(*args: str) -> tuple[dict[str, Any], int]:
    """The report as JSON, and the exit code."""
    out = StringIO()
    code = 0
    try:
        call_command("search_rebuild", "--json", "--pace", "1000", *args, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return json.loads(out.getvalue()), code


@pytest.fixture
def sessions(cast: Cast) -> list[Session]:
    """Two of alpha's, the second of them cold, and one of nobody; none is in the index."""
    made = [publish(make_session(workspace=cast.alpha, client_id=f"ses_{n}"), CONVERSATION) for n in (1, 2)]
    session_cool(session_id=made[1].pk)
    publish(make_session(client_id="ses_3"), CONVERSATION)
    SessionSearch.objects.all().delete()
    return made


def test_sessions_become_findable_once(cast: Cast, sessions: list[Session]) -> None:
    assert run() == ({"sessions": 2, "dry_run": False, "indexed": 2, "failed": {}}, 0)
    assert sorted(sessions_find(cast.alpha, "timer").ids) == [each.pk for each in sessions]
    assert Session.objects.filter(cold_at__isnull=False).count() == 1
    assert run()[0]["sessions"] == 0


def test_documents_of_an_older_state_or_of_older_rules_are_made_anew(cast: Cast, sessions: list[Session]) -> None:
    run()
    publish(sessions[0], {FIRST_TEXT: {"type": "text", "text": "something new"}})
    SessionSearch.objects.filter(pk=sessions[1].pk).update(version=1, words="xnothing")
    assert run()[0]["indexed"] == 2
    assert list(sessions_find(cast.alpha, "something new").ids) == [sessions[0].pk]
    assert sessions[1].pk in sessions_find(cast.alpha, "timer").ids


def test_rehearsal_only_counts(sessions: list[Session]) -> None:
    assert run("--dry-run") == ({"sessions": 2, "dry_run": True, "indexed": 0, "failed": {}}, 0)
    assert not SessionSearch.objects.exists()


def test_session_that_cannot_be_read_stops_no_other(sessions: list[Session], settings: Any) -> None:
    keep_snapshots_in(settings, AWAY)
    report, code = run()
    assert (report["indexed"], list(report["failed"]), code) == (1, [str(sessions[1].pk)], 1)


def test_pace_is_kept(sessions: list[Session]) -> None:
    began = time.monotonic()
    run("--pace", "10")
    assert time.monotonic() - began >= 0.2


def test_pace_has_to_be_above_nothing() -> None:
    with pytest.raises(CommandError):
        call_command("search_rebuild", "--pace", "0")
