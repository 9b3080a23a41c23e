"""/readyz names what keeps the process from serving."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from accounts.models import OutgoingMail
from opencode.lib.clock import utc_now
from opencode.server import readiness

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just started."""
    monkeypatch.setattr(readiness._Schema, "is_complete", False)


def not_ready() -> list[str]:
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["error"]["code"] == "not_ready"
    return list(response.json()["error"]["not_ready"])


@pytest.fixture
def data_dir(settings: Any, tmp_path: Any) -> Any:
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_complete_instance_is_ready(data_dir: Any) -> None:
    assert Client().get("/readyz").json() == {"status": "ready"}
    assert Client().get("/readyz").json() == {"status": "ready"}


def test_missing_migration_is_named(data_dir: Any) -> None:
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("sync")
    MigrationRecorder(connection).record_unapplied(*newest)
    assert not_ready() == ["migrations"]


def test_data_directory_that_takes_no_files_is_named(data_dir: Any) -> None:
    data_dir.rmdir()
    assert not_ready() == ["data_directory"]


@pytest.mark.embedded  # what it does to a table stays on MariaDB
def test_database_that_does_not_answer_is_named(data_dir: Any) -> None:
    connection.cursor().execute("ALTER TABLE django_migrations RENAME TO elsewhere")
    connection.cursor().execute("CREATE TABLE django_migrations (broken integer)")
    assert not_ready() == ["database"]


@pytest.mark.parametrize(
    ("state", "minutes_ago"),
    [
        ("waiting", {"due_at": 0, "created_at": 11}),
        ("failed", {"ended_at": 59}),
    ],
)
def test_late_mail_is_named_while_everything_is_served(data_dir: Any, state: str, minutes_ago: dict[str, int]) -> None:
    times = {field: utc_now() - timedelta(minutes=minutes) for field, minutes in minutes_ago.items()}
    OutgoingMail.objects.create(recipient="dave@example.com", state=state, **times)
    assert Client().get("/readyz").json() == {"status": "degraded", "degraded": ["mail"]}
    OutgoingMail.objects.update(state="sent", due_at=None)
    assert Client().get("/readyz").json() == {"status": "ready"}
