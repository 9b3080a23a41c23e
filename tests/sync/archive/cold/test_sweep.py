"""Which sessions go cold by themselves, and when; and the operator's command for doing it by hand."""

import json
from datetime import datetime, timedelta
from io import StringIO
from itertools import count
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opencode.lib import due
from opencode.lib.clock import utc_now
from sync.archive.cold import cooling
from sync.archive.cold import sweep as cold_sweep
from sync.archive.cold.sweep import MARK, RETRY, held_sessions_warm, sessions_cool_idle
from sync.archive.snapshots import SnapshotDamaged
from sync.management.commands.session_cool import BUSY, UNKNOWN, UNREACHABLE
from sync.models import HeldItem, Session
from sync.tasks import sessions_cool_idle as the_task
from tests.support.storages import AWAY, keep_snapshots_in
from tests.support.transcripts import CONVERSATION, make_session, publish
from tests.sync.archive.cold.coldness import busy_session, cool, is_cold, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
IDLE = timedelta(days=31)


@pytest.fixture
def now() -> datetime:
    return utc_now()


def idle_session(client_id: str = "ses_1", idle: timedelta = IDLE) -> Session:
    session = busy_session(client_id)
    moment = utc_now() - idle
    Session.objects.filter(pk=session.pk).update(last_activity_at=moment, idle_since=moment)
    session.refresh_from_db()
    return session


def test_idle_sessions_go_cold_and_the_others_stay(now: datetime) -> None:
    idle, recent = idle_session(), idle_session("ses_2", timedelta(days=29))
    assert sessions_cool_idle(now=now) == (1, 1, 0)
    assert (is_cold(idle), is_cold(recent)) == (True, False)
    assert sessions_cool_idle(now=now) == (0, 0, 0)


def test_days_are_a_setting_and_none_means_never(now: datetime, settings: LazySettings) -> None:
    session = idle_session()
    settings.SYNC_COLD_DAYS = 0
    assert sessions_cool_idle(now=now) == (0, 0, 0)
    settings.SYNC_COLD_DAYS = 60
    assert sessions_cool_idle(now=now) == (0, 0, 0)
    settings.SYNC_COLD_DAYS = 30
    the_task()
    assert is_cold(session)


def test_active_session_is_looked_at_once_and_then_left_alone_until_it_could_be_idle(now: datetime) -> None:
    session = idle_session()
    write(session)
    Session.objects.update(last_activity_at=now)
    assert sessions_cool_idle(now=now) == (1, 0, 0)
    session.refresh_from_db()
    assert (session.cold_at, session.idle_since) == (None, session.last_activity_at)
    assert sessions_cool_idle(now=now + timedelta(days=29)) == (0, 0, 0)


def test_publish_that_lands_between_the_look_and_the_lock_keeps_the_session(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = idle_session()
    step = cold_sweep.session_cool

    def active_first(**arguments: Any) -> Any:
        publish(session, {"session/info/ses_1": {"id": "ses_1", "title": "here"}})
        return step(**arguments)

    monkeypatch.setattr(cold_sweep, "session_cool", active_first)
    assert sessions_cool_idle(now=now) == (1, 0, 0)
    assert not is_cold(session)


def test_empty_session_is_left_for_as_long_again(now: datetime) -> None:
    session = make_session()
    Session.objects.update(last_activity_at=now - IDLE, idle_since=now - IDLE)
    assert sessions_cool_idle(now=now) == (1, 0, 0)
    assert sessions_cool_idle(now=now + 2 * MARK.lease) == (0, 0, 0)
    assert not is_cold(session)


def test_one_run_is_bounded_and_the_longest_idle_go_first(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold_sweep, "SWEEP_SESSIONS", 2)
    sessions = [idle_session(f"ses_{n}", IDLE + timedelta(days=n)) for n in range(3)]
    assert sessions_cool_idle(now=now) == (2, 2, 0)
    assert [is_cold(session) for session in sessions] == [False, True, True]
    monkeypatch.setattr(cold_sweep, "SWEEP_SECONDS", -1)
    assert sessions_cool_idle(now=now) == (0, 0, 0)


def test_failing_session_delays_no_other_and_is_tried_again_later(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = idle_session("ses_1", IDLE + IDLE), idle_session("ses_2")
    step = cooling.snapshot_write

    def fails_for_first(*, session_id: int) -> Any:
        return {first.pk: lambda: 1 / 0}.get(session_id, lambda: step(session_id=session_id))()

    monkeypatch.setattr(cooling, "snapshot_write", fails_for_first)
    assert sessions_cool_idle(now=now) == (2, 1, 1)
    assert (is_cold(first), is_cold(second)) == (False, True)
    assert sessions_cool_idle(now=now + RETRY - MARK.lease) == (0, 0, 0)
    monkeypatch.setattr(cooling, "snapshot_write", step)
    assert sessions_cool_idle(now=now + RETRY + MARK.lease) == (1, 1, 0)


def test_session_taken_by_another_worker_is_left_to_it(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    session = idle_session()
    claim = due.row_claim

    def taken_first(*which: Any, **changes: Any) -> bool:
        claim(*which, **changes)
        return claim(*which, **changes)

    with monkeypatch.context() as patch:
        patch.setattr(due, "row_claim", taken_first)
        assert sessions_cool_idle(now=now) == (1, 0, 0)
    assert not is_cold(session)
    assert sessions_cool_idle(now=now + 2 * MARK.lease) == (1, 1, 0)


EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "mysql": "EXPLAIN "}


def test_due_scan_goes_by_the_index(now: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        sessions_cool_idle(now=now)
    with connection.cursor() as cursor:
        cursor.execute(EXPLAIN[connection.vendor] + queries[0]["sql"])
        plan = str(cursor.fetchall())
    assert "sync_session_idle_since" in plan


def test_publishing_does_not_touch_what_the_scan_goes_by() -> None:
    session = idle_session()
    before = session.idle_since
    write(session)
    publish(session, CONVERSATION)
    session.refresh_from_db()
    assert session.idle_since == before


def test_what_is_held_is_brought_back_by_the_sweep_and_one_that_fails_stops_no_other(settings: LazySettings) -> None:
    sessions = [cool(busy_session(f"ses_{n}")) for n in range(2)]
    for session in sessions:
        key = f"session/x/{session.client_id}"
        HeldItem.objects.create(session=session, key=key, kind="x", content="{}", size=2, phase=0)
    sessions[0].snapshots.all().delete()
    assert held_sessions_warm() == 1
    assert [is_cold(session) for session in sessions] == [True, False]
    assert HeldItem.objects.get().session_id == sessions[0].pk


def test_those_that_fail_slowly_never_take_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [cool(busy_session(f"ses_{n}")) for n in range(4)]
    for session in sessions:
        HeldItem.objects.create(session=session, key="session/x/y", kind="x", content="{}", size=2, phase=0)
    clock, taken = count(step=cold_sweep.SWEEP_SECONDS * 0.4), list[int]()

    def damaged(*, session_id: int) -> bool:
        taken.append(session_id)
        raise SnapshotDamaged

    monkeypatch.setattr(cold_sweep, "session_warm", damaged)
    assert [held_sessions_warm(monotonic=lambda: next(clock)) for _run in range(4)] == [0] * 4
    first, second, third, fourth = (session.pk for session in sessions)
    assert taken == [first, second, third, fourth, first, second, third, fourth]


# --- by hand


def command(*words: str) -> tuple[int, Any]:
    """The exit code and the report."""
    out = StringIO()
    code = 0
    try:
        call_command("session_cool", "--json", *words, stdout=out)
    except SystemExit as ending:
        code = int(str(ending.code))
    return code, json.loads(out.getvalue())


def test_command_cools_and_warms_one_session() -> None:
    session = busy_session()
    assert command("ses_1", "--dry-run") == (0, {"would": [session.pk]})
    assert not is_cold(session)
    assert command("ses_1") == (0, {"cooled": [session.pk]})
    assert command(str(session.pk)) == (0, {"cold": [session.pk]})
    assert command("ses_1", "--warm") == (0, {"warmed": [session.pk]})
    assert command("ses_1", "--warm") == (0, {"warm": [session.pk]})
    assert not is_cold(session)


def test_command_cools_what_is_idle_and_warms_all() -> None:
    idle, _recent = idle_session(), busy_session("ses_2")
    assert command("--idle-days", "30", "--dry-run") == (0, {"would": [idle.pk]})
    assert command("--idle-days", "30") == (0, {"cooled": [idle.pk]})
    assert command("--warm", "--all", "--dry-run") == (0, {"would": [idle.pk]})
    assert command("--warm", "--all") == (0, {"warmed": [idle.pk]})
    assert command("--warm", "--all") == (0, {})


def test_command_says_what_was_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    session = busy_session()
    monkeypatch.setattr(cooling, "_rows_remove", lambda *_: False)
    assert command("ses_1") == (BUSY, {"busy": [session.pk]})


def test_command_says_what_the_storage_did_not_give(settings: LazySettings) -> None:
    session = cool(busy_session())
    keep_snapshots_in(settings, AWAY)
    code, report = command("--warm", "--all")
    assert (code, report) == (UNREACHABLE, {"failed": {str(session.pk): "the object storage is away"}})


UNUSABLE = [
    [],
    ["ses_9"],
    ["ses_1", "--all"],
    ["--all"],
    ["--warm", "--idle-days", "3"],
    ["ses_1", "--idle-days", "3"],
]


@pytest.mark.parametrize("words", UNUSABLE)
def test_command_refuses_what_makes_no_sense(words: list[str]) -> None:
    busy_session()
    with pytest.raises(CommandError) as refused:
        command(*words)
    assert refused.value.returncode == UNKNOWN


def test_command_wants_to_know_which_of_two() -> None:
    busy_session(owner_key="one")
    busy_session(owner_key="two")
    with pytest.raises(CommandError, match="several") as refused:
        command("ses_1")
    assert refused.value.returncode == UNKNOWN


def test_command_speaks_to_people_too() -> None:
    session = busy_session()
    out = StringIO()
    call_command("session_cool", "ses_1", stdout=out)
    call_command("session_cool", "--idle-days", "9", stdout=out)
    assert out.getvalue() == f"Session {session.pk}: cooled\nNo session\n"
