"""Compare and set on one row: one wins, and whoever holds the row meets no deadlock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models import Q

from opencode.lib.claims import row_claim
from opencode.lib.clock import utc_now
from sync.models import Session
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
# A statement of somebody else's on this database that takes as long as only a lock makes it.
WAITING = (
    "SELECT COUNT(*) FROM information_schema.processlist "
    "WHERE id <> CONNECTION_ID() AND db = DATABASE() AND command = 'Query' AND time_ms > 200"
)
WAIT_SECONDS = 10
DUE = utc_now().replace(microsecond=0)
LATER = DUE + timedelta(minutes=2)


@pytest.fixture
def session() -> Session:
    return Session.objects.create(client_id="ses_1", owner_key="one", snapshot_due_at=DUE)


def claim(session: Session) -> bool:
    """In a thread of its own, or as good as."""
    try:
        return row_claim(Session, session.pk, Q(snapshot_due_at=DUE), snapshot_due_at=LATER)
    finally:
        connection.close()


def test_row_is_changed_while_the_condition_holds(session: Session) -> None:
    assert row_claim(Session, session.pk, Q(snapshot_due_at=DUE), snapshot_due_at=LATER, title="taken")
    assert not row_claim(Session, session.pk, Q(snapshot_due_at=DUE), title="taken twice")
    session.refresh_from_db()
    assert (session.snapshot_due_at, session.title) == (LATER, "taken")


def test_no_row_is_no_claim(session: Session) -> None:
    assert not row_claim(Session, session.pk + 1, Q(), title="nobody's")


def test_one_of_many_at_once_wins(session: Session) -> None:
    start = Barrier(8)

    def work(_number: int) -> bool:
        start.wait()
        return claim(session)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(work, range(8))) == 1


@pytest.mark.servers
def test_whoever_holds_the_row_can_change_what_is_compared(session: Session) -> None:
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic(), connection.cursor() as cursor:
            list(Session.objects.select_for_update().filter(pk=session.pk))
            claimed = threads.submit(claim, session)

            def is_waiting() -> bool:
                cursor.execute(WAITING)
                return bool(cursor.fetchone()[0])

            wait_until(is_waiting, "the claim waits for the row", WAIT_SECONDS)
            Session.objects.filter(pk=session.pk).update(snapshot_due_at=LATER)
        assert claimed.result(WAIT_SECONDS) is False
