"""A database that somebody else has locked: pages say so within three seconds and keep what was typed."""

import sqlite3
import time

import httpx
import pytest
from django.db import OperationalError
from django.urls import reverse

from opencode.lib.bounds import is_lock_wait_over
from opencode.settings.sources.datadir import DATABASE_NAME
from tests.cast import PASSWORD, Cast, browser
from tests.support.server import ConsoleServer

LOCKED = OperationalError("database is locked")


@pytest.mark.parametrize(
    ("error", "is_lock"),
    [
        (LOCKED, True),
        (OperationalError(1205, "Lock wait timeout exceeded"), True),
        (OperationalError(1213, "Deadlock found"), True),
        (OperationalError(2013, "Lost connection"), False),
        (OperationalError(), False),
        (ValueError("is locked"), False),
        (None, False),
    ],
)
def test_only_a_lock_that_others_hold_is_one(error: BaseException | None, is_lock: bool) -> None:
    assert is_lock_wait_over(error) is is_lock


@pytest.fixture
def locked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    def refuse(**_anything: object) -> None:
        raise LOCKED

    monkeypatch.setattr("workspaces.views.invitations.invitation_create", refuse)
    return cast


def test_page_keeps_what_was_typed_and_asks_no_database(locked: Cast) -> None:
    client = browser(locked.alice)
    client.raise_request_exception = False
    fields = {
        "email": "dave@example.com",
        "role": "member",
        "new_password": PASSWORD,
        "code": "zq-731-zq",
        "csrfmiddlewaretoken": "abc",
    }
    path = reverse("workspaces:invite", args=["alpha"])
    answer = client.post(path, fields)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "<h1>Service unavailable</h1>" in page
    assert f'action="{path}"' in page
    assert ">dave@example.com</textarea>" in page
    assert 'name="csrfmiddlewaretoken" value="abc"' in page
    assert PASSWORD not in page
    assert "zq-731-zq" not in page
    assert f'href="{reverse("workspaces:list")}"' in page
    assert 'class="sidebar"' in page


def test_programs_are_given_the_code(locked: Cast) -> None:
    client = browser(locked.alice)
    client.raise_request_exception = False
    answer = client.post(
        reverse("workspaces:invite", args=["alpha"]),
        {"email": "dave@example.com", "role": "member"},
        headers={"Accept": "application/json"},
    )
    assert answer.json()["error"]["code"] == "database_busy"


@pytest.mark.embedded
def test_locked_database_is_refused_within_three_seconds(console_server: ConsoleServer) -> None:
    """Another process holds the write lock of SQLite while somebody signs up."""
    console_server.ask("tests.support.seed")
    address = f"{console_server.url}/accounts/signup/"
    with httpx.Client(trust_env=False, timeout=30, headers={"Accept": "text/html"}) as client:
        client.get(address)
        token = client.cookies["opencode_csrf"]
        other = sqlite3.connect(console_server.data_dir / DATABASE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        try:
            answer = client.post(
                address,
                data={"email": "dora@example.com", "password1": PASSWORD, "csrfmiddlewaretoken": token},
                headers={"Origin": console_server.url},
            )
            took = time.monotonic() - began
        finally:
            other.execute("ROLLBACK")
            other.close()
    assert answer.status_code == 503
    assert "dora@example.com" in answer.text
    assert took < 3
