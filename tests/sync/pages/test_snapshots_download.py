"""The session page's download of the latest snapshot."""

import gzip
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse

from accounts.models import User
from sync.archive.snapshots import snapshot_storage
from sync.archive.snapshots.writing import snapshot_write
from sync.live.publishing import session_publish_sync
from sync.models import Session, Snapshot
from sync.protocol.updates import Update
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]


@pytest.fixture
def session(cast: Cast) -> Session:
    session = Session.objects.create(client_id="ses_one", owner_key=cast.alpha.pk, workspace=cast.alpha)
    session_publish_sync(session_id=session.pk, updates=[Update("session/info/ses_one", '{"title": "one"}')])
    return session


async def get(user: User, slug: str = "alpha") -> Any:
    client = AsyncClient()
    await client.aforce_login(user)
    response = await client.get(reverse("sync:snapshot-download", args=[slug, "ses_one"]))
    return response, b"".join([part async for part in response]) if response.streaming else response.content


fetch = async_to_sync(get)


def test_member_downloads_the_latest_stored_snapshot(cast: Cast, session: Session) -> None:
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    response, body = fetch(cast.carol)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/gzip"
    assert response["Content-Disposition"] == 'attachment; filename="ses_one-1.jsonl.gz"'
    assert response["ETag"] == f'"{snapshot.sha256}"'
    assert int(response["Content-Length"]) == len(body)
    assert gzip.decompress(body).splitlines()[1].startswith(b'{"key":"session/info/ses_one","seq":1')


def test_pending_snapshot_is_not_offered(cast: Cast, session: Session) -> None:
    Snapshot.objects.create(session=session, epoch=session.epoch, seq=1, object_name="half")
    response, body = fetch(cast.alice)
    assert response.status_code == 404
    assert b"no snapshot yet" in body


def test_outsider_does_not_learn_of_a_snapshot(cast: Cast, session: Session) -> None:
    snapshot_write(session_id=session.pk)
    assert fetch(cast.charlie)[0].status_code == 404
    assert fetch(cast.charlie, "gamma")[0].status_code == 404


def test_lost_object_is_a_plain_refusal(cast: Cast, session: Session) -> None:
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    snapshot_storage().delete(snapshot.object_name)
    assert fetch(cast.alice)[0].status_code == 404
