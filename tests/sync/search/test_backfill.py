"""A worker's own walk through the sessions that search does not find yet."""

from typing import Any

import pytest

from sync.archive import SearchBackfill, session_cool
from sync.models import Session, SessionSearch
from sync.search import sessions_find
from tests.cast import Cast
from tests.support.storages import AWAY, keep_snapshots_in
from tests.support.transcripts import CONVERSATION, make_session, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]


@pytest.fixture
def sessions(cast: Cast) -> list[Session]:
    """Three of alpha's, the last of them cold; none is in the index."""
    made = [publish(make_session(workspace=cast.alpha, client_id=f"ses_{n}"), CONVERSATION) for n in (1, 2, 3)]
    session_cool(session_id=made[2].pk)
    SessionSearch.objects.all().delete()
    Session.objects.update(snapshot_due_at=None)
    return made


def test_sessions_from_before_become_findable_newest_first(cast: Cast, sessions: list[Session]) -> None:
    walk = SearchBackfill()
    assert walk.step(seconds=0) == 0
    assert sessions_find(cast.alpha, "timer").ids == ()
    assert walk.step() == 3
    assert sorted(sessions_find(cast.alpha, "timer").ids) == [each.pk for each in sessions]


def test_walk_goes_through_once_and_again_after_a_restart(sessions: list[Session]) -> None:
    walk = SearchBackfill()
    walk.step()
    SessionSearch.objects.update(version=1)
    assert walk.step() == 0
    assert SearchBackfill().step() == 3


def test_session_that_cannot_be_read_stops_no_older_one(cast: Cast, sessions: list[Session], settings: Any) -> None:
    keep_snapshots_in(settings, AWAY)
    assert SearchBackfill().step() == 2
    assert sorted(sessions_find(cast.alpha, "timer").ids) == [each.pk for each in sessions[:2]]
