"""A session's state is one word by one rule, wherever it is shown, and turns by itself when its agent falls silent."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from opencode.lib.actor import THE_CONSOLE
from sync.models import Session, Share
from sync.protocol.state import SessionState
from sync.store import matching_sessions, state_of
from tests.cast import Cast, SignIn
from workspaces.services.api_keys import api_key_create

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
SILENT: Final = {
    SessionState.RUNNING: timedelta(seconds=59),
    SessionState.QUIET: timedelta(seconds=61),
    SessionState.LOST: timedelta(minutes=16),
}
ENDED: Final = {SessionState.FAILED: True, SessionState.DONE: False}
WORDS: Final = re.compile(r'class="badge state">(\w+)<')
"""What a page shows as the state, one match for each session on it."""


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def session_in(cast: Cast, state: SessionState, name: str = "ses_1") -> Session:
    return Session.objects.create(
        client_id=name,
        workspace=cast.alpha,
        owner_key=cast.alpha.pk,
        title=f"is {state}",
        is_running=state in SILENT,
        has_failed=ENDED.get(state, False),
        # It waits to be indexed, so that a search finds it by its title.
        snapshot_due_at=NOON,
        last_activity_at=NOON - SILENT.get(state, timedelta(days=2)),
    )


def words(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return WORDS.findall(answer.content.decode())


@pytest.mark.parametrize("state", SessionState)
def test_every_place_says_the_same_word(cast: Cast, sign_in: SignIn, state: SessionState) -> None:
    session = session_in(cast, state)
    share = Share.objects.create(session=session, secret_version=1)
    alice, shown = sign_in(cast.alice), str(state)
    assert words(alice, "/workspaces/alpha/sessions/") == [shown]
    assert words(alice, "/workspaces/alpha/sessions/rows") == [shown]
    assert words(alice, "/workspaces/alpha/sessions/ses_1/") == [shown]
    assert words(Client(), f"/share/{share.pk}") == [shown]
    key = session_key(cast)
    listed = Client().get("/api/v1/workspaces/alpha/sessions", headers=key).json()["items"]
    assert [item["state"] for item in listed] == [shown]
    assert Client().get("/api/v1/workspaces/alpha/sessions/ses_1", headers=key).json()["state"] == shown
    markdown = b"".join(Client().get(f"/share/{share.pk}.md")).decode()
    assert f"- state: {shown}\n" in markdown
    header = Client().get(f"/share/{share.pk}/fragments?epoch={session.epoch}&k=session/info/ses_1:1").json()["header"]
    assert WORDS.findall(header["html"]) == [shown]


def session_key(cast: Cast) -> dict[str, str]:
    _, secret = api_key_create(
        workspace=cast.alpha, created_by=cast.alice, name="k", scopes=["sync:read"], actor=THE_CONSOLE
    )
    return {"authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("state", SessionState)
def test_staff_see_the_same_word(cast: Cast, admin_client: Client, state: SessionState) -> None:
    session_in(cast, state)
    html = admin_client.get(reverse("admin:sync_session_changelist")).content.decode()
    assert re.findall(r'class="field-state[^"]*">(\w+)<', html) == [state]


@pytest.mark.parametrize("state", SessionState)
def test_list_shows_those_in_one_state(cast: Cast, sign_in: SignIn, state: SessionState) -> None:
    for each in SessionState:
        session_in(cast, each, f"ses_{each}")
    alice = sign_in(cast.alice)
    assert words(alice, f"/workspaces/alpha/sessions/?state={state}") == [state]
    assert words(alice, f"/workspaces/alpha/sessions/?q=is&state={state}") == [state]
    listed = Client().get(f"/api/v1/workspaces/alpha/sessions?state={state}", headers=session_key(cast)).json()["items"]
    assert [item["state"] for item in listed] == [state]
    current = alice.get(f"/workspaces/alpha/sessions/?state={state}").content.decode()
    assert re.findall(r'aria-current="page">(\w+)</a>', current) == [state.capitalize()]


def test_list_without_a_find_says_which_state_it_looked_for(cast: Cast, sign_in: SignIn) -> None:
    session_in(cast, SessionState.DONE)
    html = sign_in(cast.alice).get("/workspaces/alpha/sessions/?state=lost").content.decode()
    assert "No lost sessions" in html
    assert words(sign_in(cast.alice), "/workspaces/alpha/sessions/?state=nonsense") == ["done"]


def test_api_refuses_a_state_that_is_none(cast: Cast) -> None:
    answer = Client().get("/api/v1/workspaces/alpha/sessions?state=idle", headers=session_key(cast))
    assert answer.status_code == 422


def test_queries_find_what_the_rule_says(cast: Cast) -> None:
    ages = (0, 59, 60, 61, 899, 900, 3599, 3600, 90_000)
    ends = ((True, False), (False, True), (False, False))
    for number, (age, (running, failed), tool) in enumerate(product(ages, ends, (False, True))):
        Session.objects.create(
            client_id=f"ses_{number}",
            workspace=cast.alpha,
            owner_key=cast.alpha.pk,
            is_running=running,
            has_failed=failed,
            has_open_tool=tool,
            last_activity_at=NOON - timedelta(seconds=age),
        )
    by_rule = {state: set[str]() for state in SessionState}
    for session in Session.objects.all():
        by_rule[state_of(session, NOON)].add(session.client_id)
    by_query = {
        state: set(matching_sessions(cast.alpha, now=NOON, state=state).values_list("client_id", flat=True))
        for state in SessionState
    }
    assert by_query == by_rule
    assert min(len(found) for found in by_rule.values()) > 3


def test_pages_that_did_not_change_are_sent_again_when_their_agent_falls_silent(cast: Cast, sign_in: SignIn) -> None:
    share = Share.objects.create(session=session_in(cast, SessionState.RUNNING), secret_version=1)
    alice, paths = sign_in(cast.alice), (f"/share/{share.pk}", "/workspaces/alpha/sessions/rows")
    known = {path: {"If-None-Match": alice.get(path)["ETag"]} for path in paths}
    assert [alice.get(path, headers=known[path]).status_code for path in paths] == [304, 304]
    with time_machine.travel(NOON + timedelta(seconds=2), tick=False):
        assert [alice.get(path, headers=known[path]).status_code for path in paths] == [200, 200]


def test_only_what_may_change_by_itself_says_when(cast: Cast, sign_in: SignIn) -> None:
    for each in SessionState:
        session_in(cast, each, f"ses_{each}")
    html = sign_in(cast.alice).get("/workspaces/alpha/sessions/").content.decode()
    given = re.findall(r'data-state="(\w+)" data-since="\d+"', html)
    assert sorted(given) == ["lost", "quiet", "running"]
    assert 'data-quiet="60" data-lost="900"' in html


def test_a_tool_without_an_answer_is_waited_for_longer(cast: Cast, sign_in: SignIn) -> None:
    session_in(cast, SessionState.LOST)
    Session.objects.update(has_open_tool=True)
    html = sign_in(cast.alice).get("/workspaces/alpha/sessions/ses_1/").content.decode()
    assert WORDS.findall(html) == ["quiet"]
    assert 'data-lost="3600"' in html
    assert "since <time" in html
