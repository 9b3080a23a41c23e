"""The writer beside somebody who holds a session's row: the others' updates do not wait for it."""

import pytest

from sync.models import Session
from sync.protocol.updates import PublishReceipt, Update
from sync.writer import Publish
from sync.writer.commit import commit_publishes
from tests.support.heldrows import held_elsewhere

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True), pytest.mark.timeout(20)]


def test_row_held_elsewhere_waits_and_holds_up_nobody() -> None:
    held, *others = (Session.objects.create(client_id=name, owner_key=name) for name in "abcd")
    publishes = [
        Publish(session.id, [Update(f"session/info/{session.client_id}", "{}")], "op") for session in (held, *others)
    ]
    with held_elsewhere(lambda: Session.objects.select_for_update().get(pk=held.pk)):
        commits, waiting = commit_publishes(publishes)
    assert publishes[0].outcome is None
    assert [publish.outcome for publish in publishes[1:]] == [PublishReceipt(session.epoch, 1, 1) for session in others]
    assert [commit.session_id for commit in commits] == [session.id for session in others]
    assert waiting == publishes[:1]
    commit_publishes(waiting)
    assert publishes[0].outcome == PublishReceipt(held.epoch, 1, 1)
