"""Whatever the database does or a mistake of ours breaks: every publish is answered, and other sessions go on."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from opencode.lib import bounds
from opencode.lib.errors import InternalError, ServiceUnavailable
from opencode.lib.groupcommit import retries
from sync.archive.cold import session_warm
from sync.live.publishing import session_publish_sync
from sync.models import Session, SessionEntry
from sync.protocol.updates import PublishReceipt
from sync.store import writes
from sync.writer import Publish, Writer, commit, queue
from tests.support.heldrows import held_elsewhere
from tests.sync.archive.cold.coldness import busy_session, cool
from tests.sync.writer.answers import ANSWERED_SECONDS, Answers
from tests.sync.writer.test_writer import make_session, no_wake, part

THE_NEWEST = "SELECT MAX(id) FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db = DATABASE()"
pytestmark = pytest.mark.django_db(transaction=True)
SIZE = 1000


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def writer(answers: Answers) -> Iterator[Writer]:
    running = Writer(answers, wake=no_wake)
    running.start()
    yield running
    running.stop()


def submitted(writer: Writer, session: Session, number: int, content: object = 1) -> Publish:
    publish = Publish(session.id, [part(number, content, session.client_id)], f"{number}")
    writer.submit(publish)
    return publish


def lock_session(session: Session) -> Callable[[], object]:
    return lambda: Session.objects.select_for_update().get(pk=session.pk)


@pytest.mark.servers
def test_locked_session_with_more_than_a_batch_waiting_delays_no_other(writer: Writer, answers: Answers) -> None:
    stuck, free = make_session("stuck"), make_session("free")
    with held_elsewhere(lock_session(stuck)):
        waiting = [submitted(writer, stuck, number) for number in range(Writer.batch_items + 100)]
        for number in range(10):
            assert answers.wait(submitted(writer, free, number), seconds=2) == [
                PublishReceipt(free.epoch, number + 1, number + 1)
            ]
            waiting.append(submitted(writer, stuck, 1000 + number))
        assert {publish.outcome for publish in waiting} == {None}
    assert answers.wait(*waiting) == [
        PublishReceipt(stuck.epoch, number, number) for number in range(1, len(waiting) + 1)
    ]


@pytest.mark.servers
def test_session_that_stays_locked_is_refused_and_nothing_kept(
    monkeypatch: pytest.MonkeyPatch, writer: Writer, answers: Answers
) -> None:
    monkeypatch.setattr(retries, "LOCKED_SECONDS", 0.3)
    stuck = make_session("stuck")
    with held_elsewhere(lock_session(stuck)):
        outcomes = answers.wait(*[submitted(writer, stuck, number) for number in range(600)])
    assert {type(outcome) for outcome in outcomes} == {ServiceUnavailable}
    assert answers.wait(submitted(writer, stuck, 700)) == [PublishReceipt(stuck.epoch, 1, 1)]
    assert SessionEntry.objects.count() == 1


@pytest.mark.servers
def test_row_that_is_locked_below_its_session_delays_others_for_a_moment_only(writer: Writer, answers: Answers) -> None:
    stuck, free = make_session("stuck"), make_session("free")
    session_publish_sync(session_id=stuck.pk, updates=[part(1, session="stuck")])
    entry = SessionEntry.objects.get()
    with held_elsewhere(lambda: SessionEntry.objects.select_for_update().get(pk=entry.pk)):
        waiting = submitted(writer, stuck, 1, "new")
        passing = submitted(writer, free, 1)
        assert answers.wait(passing, seconds=3 * bounds.LOCK_SECONDS) == [PublishReceipt(free.epoch, 1, 1)]
        assert waiting.outcome is None
    assert answers.wait(waiting) == [PublishReceipt(stuck.epoch, 2, 2)]


@pytest.mark.servers
def test_table_that_is_locked_as_a_whole_is_no_endless_wait(
    monkeypatch: pytest.MonkeyPatch, writer: Writer, answers: Answers
) -> None:
    monkeypatch.setattr(retries, "LOCKED_SECONDS", 0.5)
    session = make_session()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLES sync_session WRITE")
        (outcome,) = answers.wait(submitted(writer, session, 1), seconds=6 * bounds.LOCK_SECONDS)
        cursor.execute("UNLOCK TABLES")
    assert isinstance(outcome, ServiceUnavailable)
    assert answers.wait(submitted(writer, session, 2)) == [PublishReceipt(session.epoch, 1, 1)]


@pytest.mark.servers
def test_connection_the_server_has_cut_is_made_anew(writer: Writer, answers: Answers) -> None:
    session = make_session()
    assert answers.wait(submitted(writer, session, 0)) == [PublishReceipt(session.epoch, 1, 1)]
    with connection.cursor() as cursor:
        cursor.execute(THE_NEWEST)
        (number,) = cursor.fetchone()
        # The writer's: its thread began with this test. Others are of threads that stay for the tests to come.
        cursor.execute(f"KILL {number:d}")
    assert answers.wait(submitted(writer, session, 1)) == [PublishReceipt(session.epoch, 2, 2)]


@pytest.mark.parametrize("error", [RuntimeError("a mistake"), InterfaceError(0, ""), MemoryError()])
def test_commit_that_breaks_in_an_unknown_way_is_answered_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch, writer: Writer, answers: Answers, error: Exception
) -> None:
    session = make_session()

    def broken(publishes: list[Publish]) -> Any:
        for publish in publishes:
            publish.outcome = PublishReceipt("never", 1, 1)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(queue, "commit_publishes", broken)
        (outcome,) = answers.wait(submitted(writer, session, 1))
    assert isinstance(outcome, InternalError)
    assert answers.wait(submitted(writer, session, 2)) == [PublishReceipt(session.epoch, 1, 1)]


def test_publish_a_commit_forgot_is_answered(monkeypatch: pytest.MonkeyPatch, writer: Writer, answers: Answers) -> None:
    session = make_session()
    monkeypatch.setattr(queue, "commit_publishes", lambda publishes: ([], []))
    (outcome,) = answers.wait(submitted(writer, session, 1))
    assert isinstance(outcome, InternalError)


@pytest.mark.parametrize(("name", "most"), [("batch_items", 10), ("batch_bytes", 10 * SIZE)])
def test_what_waited_for_a_cold_session_is_committed_a_batch_at_a_time(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, name: str, most: int
) -> None:
    session = cool(busy_session())
    sizes, woken = list[int](), threading.Semaphore(0)

    def counted(publishes: list[Publish]) -> Any:
        sizes.append(len(publishes))
        return commit.commit_publishes(publishes)

    monkeypatch.setattr(Writer, name, most)
    monkeypatch.setattr(queue, "commit_publishes", counted)
    writer = Writer(answers, wake=lambda _session_id: woken.release())
    writer.start()
    waiting = [Publish(session.pk, [part(number, 1, "ses_1")], f"{number}", bytes=SIZE) for number in range(55)]
    for publish in waiting:
        writer.submit(publish)
    assert woken.acquire(timeout=ANSWERED_SECONDS)
    session_warm(session_id=session.pk)
    before = len(sizes)
    writer.release(session.pk, None)
    assert answers.wait(*waiting) == [PublishReceipt(session.epoch, number, number) for number in range(6, 61)]
    writer.stop()
    assert max(sizes) <= 2 * 10
    assert len(sizes) - before >= 3


def test_publish_after_the_end_is_refused(answers: Answers) -> None:
    session = make_session()
    writer = Writer(answers, wake=no_wake)
    writer.start()
    writer.stop()
    with pytest.raises(ServiceUnavailable):
        submitted(writer, session, 1)


def test_database_that_stays_away_is_asked_twice_and_then_everybody_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[object] = []

    def gone(*arguments: object, **_: object) -> Any:
        attempts.append(arguments)
        raise OperationalError(2013, "Lost connection to server during query")

    sessions = [make_session(name) for name in "abc"]
    publishes = [Publish(session.id, [part(1, session=session.client_id)]) for session in sessions]
    with monkeypatch.context() as patch:
        patch.setattr(writes, "lock_sessions", gone)
        commit.commit_publishes(publishes)
    assert len(attempts) == 2
    assert {type(publish.outcome) for publish in publishes} == {ServiceUnavailable}
    close_old_connections()
