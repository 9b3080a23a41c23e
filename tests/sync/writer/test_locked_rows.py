"""The writer beside somebody who holds a session's row: the others' updates do not wait for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from sync.models import Session
from sync.protocol.updates import PublishReceipt, Update
from sync.writer import Publish
from sync.writer.commit import commit_publishes

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True), pytest.mark.timeout(20)]


@contextmanager
def held_elsewhere(session: Session) -> Iterator[None]:
    """Another connection has the session's row locked inside."""
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Session.objects.select_for_update().get(id=session.id)
            is_held.set()
            may_end.wait()
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait()
    try:
        yield
    finally:
        may_end.set()
        thread.join()


def test_row_held_elsewhere_waits_and_holds_up_nobody() -> None:
    held, *others = (Session.objects.create(client_id=name, owner_key=name) for name in "abcd")
    publishes = [
        Publish(session.id, [Update(f"session/info/{session.client_id}", "{}")], "op") for session in (held, *others)
    ]
    with held_elsewhere(held):
        commits, waiting = commit_publishes(publishes)
    assert publishes[0].outcome is None
    assert [publish.outcome for publish in publishes[1:]] == [PublishReceipt(session.epoch, 1, 1) for session in others]
    assert [commit.session_id for commit in commits] == [session.id for session in others]
    assert waiting == publishes[:1]
    commit_publishes(waiting)
    assert publishes[0].outcome == PublishReceipt(held.epoch, 1, 1)
