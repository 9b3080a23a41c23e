"""Due-marks: one of many takes a row, keeps it as long as it works, and whoever holds the row meets no deadlock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Final

import pytest
from django.db import connection, transaction
from django.db.models import Q

from opencode.lib.claims import row_claim
from opencode.lib.clock import utc_now
from opencode.lib.due import DueMark, Lease, pause_after, pause_as_long_again
from sync.models import Session
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
# A statement of somebody else's on this database that takes as long as only a lock makes it.
WAITING: Final = (
    "SELECT COUNT(*) FROM information_schema.processlist "
    "WHERE id <> CONNECTION_ID() AND db = DATABASE() AND command = 'Query' AND time_ms > 200"
)
WAIT_SECONDS: Final = 10
DUE: Final = utc_now().replace(microsecond=0)
SECOND: Final = timedelta(seconds=1)
MARK: Final = DueMark(Session, "snapshot_due_at", lease=timedelta(minutes=2))
LATER: Final = DUE + MARK.lease


@pytest.fixture
def session() -> Session:
    return session_due("ses_1", DUE)


def session_due(client_id: str, due_at: datetime | None) -> Session:
    return Session.objects.create(client_id=client_id, owner_key=client_id, snapshot_due_at=due_at)


def taken(session: Session, now: datetime = DUE) -> Lease[Session]:
    lease = MARK.take(session.pk, now=now)
    assert lease is not None
    return lease


def is_taken(session: Session) -> bool:
    """In a thread of its own, or as good as."""
    try:
        return MARK.take(session.pk, now=DUE) is not None
    finally:
        connection.close()


def state_of(session: Session) -> tuple[datetime | None, str]:
    row = Session.objects.get(pk=session.pk)
    return row.snapshot_due_at, row.title


def test_row_is_changed_while_the_condition_holds(session: Session) -> None:
    assert row_claim(Session, session.pk, Q(snapshot_due_at=DUE), snapshot_due_at=LATER, title="taken")
    assert not row_claim(Session, session.pk, Q(snapshot_due_at=DUE), title="taken twice")
    assert state_of(session) == (LATER, "taken")


def test_no_row_is_no_claim(session: Session) -> None:
    assert not row_claim(Session, session.pk + 1, Q(), title="nobody's")


def test_due_row_is_taken_for_a_lease(session: Session) -> None:
    assert MARK.take(session.pk, now=DUE - SECOND) is None
    assert MARK.take(session.pk, now=DUE, title="taken") == Lease(MARK, session.pk, LATER)
    assert MARK.take(session.pk, now=LATER - SECOND, title="taken twice") is None
    assert state_of(session) == (LATER, "taken")
    assert MARK.take(session.pk, now=LATER) is not None


def test_row_without_a_mark_is_never_due() -> None:
    idle = session_due("ses_2", None)
    assert MARK.take(idle.pk, now=LATER) is None
    assert MARK.ids(now=LATER, limit=10) == []


def test_row_is_taken_by_the_mark_that_was_seen_whatever_its_time(session: Session) -> None:
    early = DUE - timedelta(hours=1)
    assert MARK.take(session.pk, now=early, seen=DUE - SECOND) is None
    assert MARK.take(session.pk, now=early, seen=DUE) == Lease(MARK, session.pk, early + MARK.lease)


def test_longest_due_comes_first_with_what_is_due_early(session: Session) -> None:
    first = session_due("ses_2", DUE - SECOND)
    later = session_due("ses_3", LATER)
    session_due("ses_4", LATER)
    assert MARK.ids(now=DUE, limit=10) == [first.pk, session.pk]
    assert MARK.ids(now=DUE, limit=1) == [first.pk]
    rows = MARK.rows(now=DUE, early=Q(client_id="ses_3"))
    assert list(rows.values_list("pk", flat=True)) == [first.pk, session.pk, later.pk]


def test_whoever_works_keeps_the_row(session: Session) -> None:
    lease = taken(session)
    assert lease.extend(now=LATER - SECOND, title="half done")
    assert MARK.take(session.pk, now=LATER) is None
    assert lease.extend(now=LATER + SECOND)
    assert state_of(session) == (LATER + SECOND + MARK.lease, "half done")


@pytest.mark.parametrize("due_at", [None, LATER + SECOND])
def test_released_row_is_due_when_it_was_said(session: Session, due_at: datetime | None) -> None:
    assert taken(session).release(due_at=due_at, title="done")
    assert state_of(session) == (due_at, "done")


ENDS: Final[list[Callable[[Lease[Session]], bool]]] = [
    lambda lease: lease.extend(now=LATER, title="late"),
    lambda lease: lease.release(due_at=None, title="late"),
    lambda lease: lease.release(due_at=DUE, title="late"),
]


@pytest.mark.parametrize("end", ENDS, ids=["progress", "end", "retry"])
def test_worker_that_was_overtaken_changes_nothing(session: Session, end: Callable[[Lease[Session]], bool]) -> None:
    slow = taken(session)
    other = taken(session, LATER)
    assert not end(slow)
    assert state_of(session) == (other.until, "")
    assert other.release(due_at=None)
    assert not end(slow)
    assert state_of(session) == (None, "")


def test_one_of_many_at_once_takes_it(session: Session) -> None:
    start = Barrier(8)

    def work(_number: int) -> bool:
        start.wait()
        return is_taken(session)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(work, range(8))) == 1


@pytest.mark.servers
def test_whoever_holds_the_row_can_change_what_is_compared(session: Session) -> None:
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic(), connection.cursor() as cursor:
            list(Session.objects.select_for_update().filter(pk=session.pk))
            claimed = threads.submit(is_taken, session)

            def is_waiting() -> bool:
                cursor.execute(WAITING)
                return bool(cursor.fetchone()[0])

            wait_until(is_waiting, "the claim waits for the row", WAIT_SECONDS)
            Session.objects.filter(pk=session.pk).update(snapshot_due_at=LATER)
        assert claimed.result(WAIT_SECONDS) is False


def test_pauses_follow_each_other_and_end() -> None:
    pauses = (SECOND, 5 * SECOND)
    assert [pause_after(attempts, pauses) for attempts in (1, 2, 3)] == [SECOND, 5 * SECOND, None]


def test_pause_is_as_long_as_it_has_been_failing_within_bounds() -> None:
    waits = [pause_as_long_again(failing * SECOND, first=30 * SECOND, last=60 * SECOND) for failing in (0, 45, 3600)]
    assert waits == [30 * SECOND, 45 * SECOND, 60 * SECOND]
