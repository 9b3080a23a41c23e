"""The writer waits for SQLite's write lock beside a sweep that takes it again and again, and lets go for moments."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import OperationalError, connection

from opencode.lib.groupcommit import transactions
from sync.protocol.updates import PublishReceipt
from sync.writer import Publish, Writer
from tests.sync.writer.answers import Answers
from tests.sync.writer.test_writer import make_session, no_wake, part

# Other databases lock rows, not the whole file.
pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]
# SQLite sleeps for 100 ms once it has waited for 230.
HELD_SECONDS = 0.27
LET_GO_SECONDS = 0.012
COMMITS = 5
# Each waits for a turn to begin, and has the lock at that turn's end; by SQLite's own sleeps it takes twice as many.
TURNS = 2 * COMMITS


class Sweep:
    """A thread that holds the lock for HELD_SECONDS, lets go for LET_GO_SECONDS, and so on; it counts its turns."""

    def __init__(self) -> None:
        self.turns = 0
        self._is_over = threading.Event()
        self._turned = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(str(connection.settings_dict["NAME"]),))

    def __enter__(self) -> "Sweep":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def next_turn(self) -> None:
        """Wait until it has taken the lock once more."""
        with self._turned:
            before = self.turns
            assert self._turned.wait_for(lambda: self.turns > before, 10)

    def _run(self, path: str) -> None:
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
            while not self._is_over.is_set():
                database.execute("BEGIN IMMEDIATE")
                with self._turned:
                    self.turns += 1
                    self._turned.notify_all()
                time.sleep(HELD_SECONDS)
                database.execute("ROLLBACK")
                self._is_over.wait(LET_GO_SECONDS)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def writer(answers: Answers) -> Iterator[Writer]:
    running = Writer(answers, wake=no_wake)
    running.start()
    yield running
    running.stop()


def test_commit_gets_through_between_the_turns_of_a_sweep(writer: Writer, answers: Answers) -> None:
    session = make_session()
    with Sweep() as sweep:
        for number in range(COMMITS):
            sweep.next_turn()
            publish = Publish(session.id, [part(number, 1, session.client_id)], f"{number}")
            writer.submit(publish)
            (outcome,) = answers.wait(publish, seconds=20)
            assert isinstance(outcome, PublishReceipt)
        assert sweep.turns <= TURNS


def test_lock_that_is_never_let_go_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LOCK_SECONDS", 0.05)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {**connection.settings_dict["OPTIONS"], "timeout": 0.004})
    connection.close()
    with closing(sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), transactions.write_transaction():
            pass
        database.execute("ROLLBACK")
    with transactions.write_transaction():
        assert connection.in_atomic_block
    connection.close()
