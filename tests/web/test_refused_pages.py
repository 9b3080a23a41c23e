"""A refusal keeps what was around it: the sidebar for whoever is signed in, and what they had typed."""

import re
from typing import Any, Final

import pytest
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from opencode.lib.errors import Conflict, Denial, Forbidden, InternalError, NotFound, TooManyRequests
from opencode.web.typed import known_fields, spoken
from tests.cast import BROWSER, PASSWORD, Cast, browser

INVITE: Final = "/workspaces/alpha/invitations/new/"
LABELS: Final = re.compile(r'<label for="typed-\d+">(.*?)</label>')
TYPED: Final = {"email": "dave@example.com", "role": "member", "password1": PASSWORD, "csrfmiddlewaretoken": "abc"}


def failing_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Whatever is sent to INVITE meets this error."""

    def fail(*_anything: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr("workspaces.views.invitations.page_access", fail)


def page_of(client: Client, path: str, **options: Any) -> tuple[int, str]:
    client.raise_request_exception = False
    answer: HttpResponse = client.get(path, **options)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/workspaces/gamma/sessions/", 404), ("/workspaces/alpha/delete/", 403), ("/device", 405)],
)
def test_signed_in_person_keeps_the_sidebar_of_their_workspace(cast: Cast, path: str, status: int) -> None:
    client = browser(cast.carol)
    client.get("/workspaces/alpha/sessions/")
    client.raise_request_exception = False
    answer = client.put(path) if status == 405 else client.get(path)
    page = answer.content.decode()
    assert answer.status_code == status
    assert 'class="with-sidebar"' in page
    assert 'href="/workspaces/alpha/sessions/"' in page
    assert "gamma" not in page
    assert "carol@example.com" in page
    assert len(re.search(r"<h1>(.*?)</h1>", page)[1].split()) <= 3  # type: ignore[index]


@pytest.mark.parametrize("path", ["/nowhere", "/workspaces/alpha/sessions/nowhere/x", "/share/gone"])
def test_signed_out_pages_have_no_sidebar(cast: Cast, path: str) -> None:
    _, page = page_of(Client(headers=BROWSER), path)
    assert 'class="sidebar"' not in page
    assert 'class="topbar"' in page
    assert ">Go to sign-in</a>" in page


@pytest.mark.parametrize("path", ["accounts:profile", "account_email", "mfa_index", "accounts:devices", "error_codes"])
def test_account_pages_keep_the_sidebar(cast: Cast, path: str) -> None:
    _, page = page_of(browser(cast.alice), reverse(path))
    assert 'class="with-sidebar"' in page
    assert 'href="/workspaces/alpha/members/"' in page
    assert 'aria-label="Workspace"' in page


def test_person_without_a_workspace_has_a_way_back(cast: Cast) -> None:
    cast.alpha.memberships.filter(user=cast.carol).delete()
    status, page = page_of(browser(cast.carol), reverse("accounts:profile"))
    assert status == 200
    assert 'class="topbar"' in page


def test_failures_have_a_static_sidebar_and_ask_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(cast.alice)
    client.raise_request_exception = False
    client.get(INVITE)
    failing_with(monkeypatch, DatabaseError("gone"))
    monkeypatch.setattr(
        "opencode.web.refusals.request_id_of", lambda _request: connection.force_debug_cursor or "req_1"
    )
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(INVITE, TYPED)
    page = answer.content.decode()
    assert answer.status_code == 500
    assert 'class="sidebar"' in page
    assert 'href="/workspaces/"' in page
    assert "alpha" not in page.replace(INVITE, "")
    assert [query["sql"] for query in queries.captured_queries if "workspaces_membership" in query["sql"]] == []


def test_refusal_stands_when_the_sidebar_cannot_be_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(cast.alice)

    def fail(_request: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr("opencode.web.context.shell_access", fail)
    status, page = page_of(client, "/nowhere")
    assert status == 404
    assert 'class="sidebar"' in page
    assert "alpha" not in page


@pytest.mark.parametrize("denial", [Forbidden(), NotFound(), Conflict()])
def test_what_was_typed_can_be_copied_by_its_labels(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, denial: Denial
) -> None:
    failing_with(monkeypatch, denial)
    page = browser(cast.alice).post(INVITE, TYPED).content.decode()
    assert LABELS.findall(page) == ["E-mail", "Role"]
    assert ">dave@example.com</textarea>" in page
    assert "Send again" not in page
    assert PASSWORD not in page
    assert "abc" not in page


@pytest.mark.parametrize("denial", [TooManyRequests(retry_after=30), InternalError()])
def test_what_was_typed_can_be_sent_again_where_that_can_help(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, denial: Denial
) -> None:
    failing_with(monkeypatch, denial)
    page = browser(cast.alice).post(INVITE, TYPED).content.decode()
    assert f'action="{INVITE}"' in page
    email, role, password = LABELS.findall(page)
    assert (email, role) == ("E-mail", "Role")
    assert password in {"Password", "New password"}
    assert re.search(r'type="password"\s+name="password1"', page)
    assert PASSWORD not in page


@pytest.mark.parametrize(
    ("headers", "is_shown"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, True),
        ({"Origin": "http://testserver"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Origin": "http://elsewhere.example"}, False),
        ({}, False),
    ],
)
def test_form_without_its_token_is_only_shown_to_its_own_page(
    cast: Cast, headers: dict[str, str], is_shown: bool
) -> None:
    client = Client(enforce_csrf_checks=True, headers=BROWSER)
    client.force_login(cast.alice)
    answer = client.post(INVITE, {**TYPED, "csrfmiddlewaretoken": "old"}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert ("dave@example.com" in page) is is_shown
    assert "Send again" not in page
    assert 'class="sidebar"' in page


@pytest.mark.parametrize(
    "name", ["password1", "oldpassword", "code", "api_key", "key", "access_token", "client_secret"]
)
def test_secrets_never_come_back(cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for denial in (InternalError(), Forbidden()):
        failing_with(monkeypatch, denial)
        page = browser(cast.alice).post(INVITE, {"email": "x@example.com", "role": "member", name: "zq-731-zq"})
        assert "zq-731-zq" not in page.content.decode()


def test_every_field_of_a_form_has_words(cast: Cast) -> None:
    assert known_fields()["email"] == ("E-mail", False)
    assert known_fields()["password1"][1]
    assert spoken("starts_at") == "Starts at"
    assert spoken("") == "Field"


def test_a_body_that_cannot_be_read_is_refused_plainly(cast: Cast) -> None:
    answer = browser(cast.alice).post(INVITE, b"--x\r\nbroken", content_type="multipart/form-data; boundary=")
    assert answer.status_code in {400, 403}
    assert "What you typed" not in answer.content.decode()
