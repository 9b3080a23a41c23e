"""The writer on a real database: numbering, repeats, refusals, and one session's trouble staying its own."""

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection

from opencode.lib.clock import utc_now
from opencode.lib.errors import InternalError, StorageFull
from sync.errors import EntryTooLarge, SessionFull, SessionGone, WriterBusy
from sync.live.publishing import session_publish_sync
from sync.models import Operation, Session, SessionEntry
from sync.protocol.updates import PublishReceipt, Stored, Update
from sync.store import writes
from sync.writer import Publish, SessionCommit, Writer
from sync.writer.commit import commit_publishes

pytestmark = pytest.mark.django_db


def make_session(client_id: str = "s") -> Session:
    return Session.objects.create(client_id=client_id, owner_key=f"test:{client_id}")


def no_wake(_session_id: int) -> None:
    raise AssertionError("no session here is cold")


def part(number: int, content: object = 1, session: str = "s") -> Update:
    return Update(f"session/part/{session}/m/p{number}", json.dumps(content))


def test_updates_of_many_publishes_are_numbered_in_order_in_one_commit() -> None:
    session = make_session()
    publishes = [Publish(session.id, [part(1), part(2)]), Publish(session.id, [part(1, "new")])]
    commits, locked = commit_publishes(publishes)
    assert [publish.outcome for publish in publishes] == [
        PublishReceipt(session.epoch, 1, 2),
        PublishReceipt(session.epoch, 3, 3),
    ]
    assert (commits[0].first, commits[0].last, locked) == (1, 3, [])
    assert [(update.seq, update.key[-2:]) for update in commits[0].updates] == [(1, "p1"), (2, "p2"), (3, "p1")]
    assert dict(SessionEntry.objects.values_list("seq", "content")) == {2: "1", 3: '"new"'}


def test_repeat_in_the_same_batch_and_later_gets_the_same_receipt() -> None:
    session = make_session()
    publishes = [Publish(session.id, [part(1)], "a"), Publish(session.id, [part(1)], "a")]
    commit_publishes(publishes)
    assert publishes[0].outcome == publishes[1].outcome == PublishReceipt(session.epoch, 1, 1)
    session_publish_sync(session_id=session.id, updates=[part(2)], operation_id="b")
    again = session_publish_sync(session_id=session.id, updates=[part(1, "late")], operation_id="a")
    assert again == PublishReceipt(session.epoch, 1, 1)
    assert Operation.objects.count() == 2
    assert SessionEntry.objects.get(key__endswith="p1").content == "1"


def test_repeat_gets_its_receipt_though_the_session_is_full_now(settings: LazySettings) -> None:
    session = make_session()
    first = session_publish_sync(session_id=session.id, updates=[part(1), part(2)], operation_id="a")
    session_publish_sync(session_id=session.id, updates=[Update(part(1).key, "", deleted=True)])
    settings.SYNC_SESSION_ENTRIES = 1
    publishes = [Publish(session.id, [part(1), part(2)], "a"), Publish(session.id, [part(3)], "new")]
    commit_publishes(publishes)
    assert publishes[0].outcome == first == PublishReceipt(session.epoch, 1, 2)
    assert isinstance(publishes[1].outcome, SessionFull)
    session.refresh_from_db()
    assert (session.head_seq, session.entry_count) == (3, 1)


def test_refused_publish_changes_nothing_and_stops_nobody(settings: LazySettings) -> None:
    settings.SYNC_SESSION_ENTRIES = 2
    settings.SYNC_ENTRY_BYTES = 100
    session, other = make_session(), make_session("o")
    publishes = [
        Publish(session.id, [part(1)]),
        Publish(session.id, [part(2), part(3)], "full"),
        Publish(session.id, [part(2, "x" * 200)], "large"),
        Publish(session.id, [part(2)]),
        Publish(other.id + 1000, [part(1)]),
        Publish(other.id, [part(1, session="o")]),
    ]
    commit_publishes(publishes)
    outcomes = [publish.outcome for publish in publishes]
    assert outcomes[0] == PublishReceipt(session.epoch, 1, 1)
    assert isinstance(outcomes[1], SessionFull)
    assert isinstance(outcomes[2], EntryTooLarge)
    assert outcomes[3] == PublishReceipt(session.epoch, 2, 2)
    assert isinstance(outcomes[4], SessionGone)
    assert outcomes[5] == PublishReceipt(other.epoch, 1, 1)
    assert not Operation.objects.exists()


def test_counts_follow_new_changed_and_deleted_entries() -> None:
    session = make_session()
    session_publish_sync(session_id=session.id, updates=[part(1, "aaaa"), part(2, "é")])
    session_publish_sync(session_id=session.id, updates=[part(1, "b"), Update(part(2).key, "", deleted=True)])
    session.refresh_from_db()
    assert (session.head_seq, session.entry_count, session.content_bytes) == (4, 1, 3)
    session_publish_sync(session_id=session.id, updates=[part(2, "back")])
    session.refresh_from_db()
    assert (session.entry_count, session.content_bytes) == (2, 9)


def test_one_sessions_failure_never_touches_another() -> None:
    def fail(stored: Mapping[str, Stored]) -> list[Update]:
        raise RuntimeError("a bug in a merge rule")

    bad, good = make_session("bad"), make_session("good")
    publishes = [Publish(bad.id, keys=["k"], resolve=fail), Publish(good.id, [part(1, session="good")])]
    commit_publishes(publishes)
    assert isinstance(publishes[0].outcome, InternalError)
    assert publishes[1].outcome == PublishReceipt(good.epoch, 1, 1)


def test_resolver_sees_what_the_publish_before_it_wrote() -> None:
    session = make_session()
    seen: list[Mapping[str, Stored]] = []

    def remember(stored: Mapping[str, Stored]) -> list[Update]:
        seen.append(stored)
        return [part(1, "resolved")._replace(rank=7)]

    key = part(1).key
    session_publish_sync(session_id=session.id, updates=[part(1, "old")._replace(rank=3)])
    publishes = [
        Publish(session.id, keys=[key, "absent"], resolve=remember),
        Publish(session.id, keys=[key], resolve=remember),
    ]
    commit_publishes(publishes)
    assert seen == [{key: Stored('"old"', 3, False)}, {key: Stored('"resolved"', 7, False)}]
    assert SessionEntry.objects.get().rank == 7


def test_publish_that_changes_nothing_takes_no_number() -> None:
    session = make_session()
    session_publish_sync(session_id=session.id, updates=[part(1)])
    receipt = session_publish_sync(session_id=session.id, keys=["k"], resolve=lambda stored: [])
    assert receipt == PublishReceipt(session.epoch, 2, 1)


def message(number: int, **fields: object) -> Update:
    content = {"role": "assistant", "providerID": "p", "modelID": "m", "time": {"created": 1}, **fields}
    return Update(f"session/message/s/m{number}", json.dumps(content))


def test_older_agents_cost_is_the_sum_of_the_messages_each_counted_once() -> None:
    session = make_session()
    session_publish_sync(session_id=session.id, updates=[Update("session/info/s", '{"title":"T","version":"1.0.61"}')])
    session_publish_sync(session_id=session.id, updates=[message(1, cost=0.5), message(2, cost=1)])
    session_publish_sync(session_id=session.id, updates=[message(1, cost=0.75, time={"created": 1, "completed": 2})])
    session_publish_sync(session_id=session.id, updates=[message(2, cost=1, tokens={"input": 5})])
    session.refresh_from_db()
    assert (session.title, session.agent_version, session.model) == ("T", "1.0.61", "p/m")
    assert (session.cost, session.tokens_input, session.is_running) == (175_000_000, 5, True)


def test_a_sessions_row_follows_what_messages_and_tools_say() -> None:
    session = make_session()

    def after(*updates: Update) -> tuple[bool, bool, bool]:
        session_publish_sync(session_id=session.id, updates=list(updates))
        session.refresh_from_db()
        return session.is_running, session.has_failed, session.has_open_tool

    tool = '{"type":"tool","state":{"status":"running"}}'
    assert after(message(1), Update("session/part/s/m1/p1", tool)) == (True, False, True)
    assert after(Update("session/part/s/m1/p2", '{"type":"text","text":"hello"}')) == (True, False, True)
    assert after(Update("session/part/s/m1/p1", tool.replace("running", "completed"))) == (True, False, False)
    assert after(Update("session/part/s/m1/p3", tool)) == (True, False, True)
    assert after(message(1, error={"name": "ProviderAuthError"})) == (False, True, False)
    assert after(message(2)) == (True, False, False)
    assert after(message(2, error={"name": "MessageAbortedError"})) == (False, False, False)


def test_newer_agents_cost_is_what_the_session_says() -> None:
    session = make_session()
    info = Update("session/info/s", '{"title":"T","cost":0.25,"tokens":{"input":8,"cache":{"read":3}}}')
    session_publish_sync(session_id=session.id, updates=[message(1, cost=0.5), info])
    session_publish_sync(session_id=session.id, updates=[message(2, cost=0.5)])
    session.refresh_from_db()
    assert (session.cost, session.tokens_input, session.tokens_cache_read) == (25_000_000, 8, 3)


def test_first_write_marks_the_snapshot_due_and_later_ones_do_not_put_it_off() -> None:
    session = make_session()
    session_publish_sync(session_id=session.id, updates=[part(1)])
    session.refresh_from_db()
    due = session.snapshot_due_at
    session_publish_sync(session_id=session.id, updates=[part(2)])
    session.refresh_from_db()
    assert due is not None
    assert session.snapshot_due_at == due


def test_keys_differ_by_case_and_trailing_spaces_do_not_matter() -> None:
    session = make_session()
    updates = [Update("session/message/s/msg_Ab", "1"), Update("session/message/s/msg_aB", "2")]
    session_publish_sync(session_id=session.id, updates=updates)
    assert SessionEntry.objects.count() == 2


class Collected:
    """Takes what a writer delivers, and says when enough has come."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.publishes: list[Publish] = []
        self.commits: list[SessionCommit] = []
        self.all_here = threading.Event()

    def __call__(self, commits: list[SessionCommit], publishes: object) -> None:
        self.commits += commits
        self.publishes += publishes  # type: ignore[arg-type]
        if len(self.publishes) >= self.wanted:
            self.all_here.set()


@pytest.mark.django_db(transaction=True)
def test_waiting_publishes_share_commits_and_stopping_commits_what_waits() -> None:
    session = make_session()
    collected = Collected(500)
    writer = Writer(collected, wake=no_wake)
    for number in range(500):
        writer.submit(Publish(session.id, [part(number % 7, number)]))
    writer.start()
    writer.stop()
    assert collected.all_here.is_set()
    assert [publish.outcome for publish in collected.publishes] == [
        PublishReceipt(session.epoch, number, number) for number in range(1, 501)
    ]
    assert len(collected.commits) <= 2
    session.refresh_from_db()
    assert session.head_seq == 500


def test_sessions_of_one_commit_get_each_its_own_head() -> None:
    soon = utc_now().replace(microsecond=0)
    sessions = [make_session(name) for name in "abc"]
    Session.objects.filter(client_id="b").update(snapshot_due_at=soon)
    commit_publishes(
        [
            Publish(session.id, [part(number, session=session.client_id) for number in range(count)])
            for count, session in enumerate(sessions, start=1)
        ]
    )
    rows = list(Session.objects.order_by("id"))
    assert [(row.head_seq, row.entry_count) for row in rows] == [(1, 1), (2, 2), (3, 3)]
    assert [row.content_bytes for row in rows] == [sum(entry.size for entry in row.entries.all()) for row in rows]
    assert [row.snapshot_due_at == soon for row in rows] == [False, True, False]
    assert rows[0].snapshot_due_at is not None
    assert rows[0].last_activity_at >= soon


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [1213, 2006, 1])
def test_what_a_rolled_back_attempt_decided_goes_with_it(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    session = make_session()
    write, calls = writes.update_heads, []

    def fail_once(rows: Any, *moments: Any) -> None:
        calls.append(rows)
        write(rows, *moments)
        if len(calls) == 1:
            raise OperationalError(code, "the first attempt fails")

    monkeypatch.setattr(writes, "update_heads", fail_once)
    publish = Publish(session.id, [part(1)], "a")
    commit_publishes([publish])
    assert publish.outcome == PublishReceipt(session.epoch, 1, 1)
    assert SessionEntry.objects.get().seq == 1


@pytest.mark.django_db(transaction=True)
def test_database_that_fails_refuses_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OperationalError("database or disk is full")

    sessions = [make_session(name) for name in "abc"]
    with monkeypatch.context() as patch:
        patch.setattr(writes, "insert_operations", full)
        publishes = [Publish(session.id, [part(1, session=session.client_id)], "a") for session in sessions]
        commit_publishes(publishes)
    assert {type(publish.outcome) for publish in publishes} == {StorageFull}
    assert not SessionEntry.objects.exists()
    again = [Publish(session.id, [part(1, session=session.client_id)], "a") for session in sessions]
    commit_publishes(again)
    assert {type(publish.outcome) for publish in again} == {PublishReceipt}


@pytest.mark.django_db(transaction=True)
def test_queue_is_bounded_in_bytes(settings: LazySettings) -> None:
    settings.SYNC_QUEUE_BYTES = 5000
    session = make_session()
    writer = Writer(Collected(1), wake=no_wake)
    writer.submit(Publish(session.id, [part(1, "x" * 4000)]))
    with pytest.raises(WriterBusy):
        writer.submit(Publish(session.id, [part(1, "x" * 4000)]))
    writer.start()
    writer.stop()
    assert Session.objects.get().head_seq == 1


DURABILITY = {
    "sqlite": {"PRAGMA synchronous": 2, "PRAGMA journal_mode": "wal"},
    "mysql": {"SELECT @@innodb_flush_log_at_trx_commit": 1, "SELECT @@tx_isolation": "READ-COMMITTED"},
}


@pytest.mark.django_db(transaction=True)
def test_every_commit_is_synced_to_disk() -> None:
    found = {}
    for sql in DURABILITY[connection.vendor]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            found[sql] = cursor.fetchone()[0]
    assert found == DURABILITY[connection.vendor]
