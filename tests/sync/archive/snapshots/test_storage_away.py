"""Object storage that is away: sessions go on, /readyz says so, and the snapshots catch up by themselves."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from opencode.devtools.privateservers import PrivateS3
from opencode.lib.clock import utc_now
from sync.archive.snapshots.sweep import RETRY_FIRST, snapshots_write_due
from sync.live.publishing import session_publish_sync
from sync.models import Session, Snapshot
from sync.protocol.updates import Update
from tests.support.storages import keep_snapshots_in, s3_backend

pytestmark = pytest.mark.django_db(transaction=True)
SOON = timedelta(seconds=60)


@pytest.fixture
def s3(settings: Any, tmp_path: Path) -> Iterator[PrivateS3]:
    server = PrivateS3(tmp_path)
    keep_snapshots_in(settings, s3_backend(server.url))
    settings.DATA_DIR = tmp_path
    yield server
    server.stop()


def publish(session: Session, text: str) -> int:
    update = Update(f"session/info/{session.client_id}", f'"{text}"')
    return session_publish_sync(session_id=session.pk, updates=[update]).last


def readiness(moment: Any) -> Any:
    with time_machine.travel(moment, tick=False):
        response = Client().get("/readyz")
    assert response.status_code == 200
    return response.json()


def test_sessions_go_on_and_snapshots_catch_up(s3: PrivateS3) -> None:
    session = Session.objects.create(client_id="ses_one", owner_key="one")
    publish(session, "before")
    now = utc_now() + SOON
    assert snapshots_write_due(now=now) == (0, 1)
    assert publish(session, "meanwhile") == 2
    assert readiness(now) == {"status": "degraded", "degraded": ["object_storage"]}
    s3.start()
    assert snapshots_write_due(now=now + RETRY_FIRST + SOON) == (1, 0)
    assert Snapshot.objects.get().state == Snapshot.State.STORED
    session.refresh_from_db()
    assert session.snapshot_seq == 2
    assert readiness(now + SOON) == {"status": "ready"}


def test_due_snapshots_nobody_takes_are_told(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    session = Session.objects.create(client_id="ses_one", owner_key="one")
    publish(session, "here")
    assert readiness(utc_now() + SOON) == {"status": "ready"}
    assert readiness(utc_now() + 5 * SOON) == {"status": "degraded", "degraded": ["worker"]}
