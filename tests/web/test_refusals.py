"""Every refusal is one page for people and one JSON shape for programs; no test here may use a database but two."""

import re

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from opencode.lib.errors import every_denial
from tests.cast import BROWSER, Cast, SignIn

FAILURES = {"/breaks": 500, "/suspects": 400, "/denies": 403, "/hurries": 429, "/nowhere": 404}

pytestmark = pytest.mark.usefixtures("_broken_addresses")


@pytest.fixture
def _broken_addresses():  # type: ignore[no-untyped-def]
    with override_settings(ROOT_URLCONF="tests.web.broken_urls"):
        yield


@pytest.mark.parametrize(("path", "status"), FAILURES.items())
def test_person_gets_a_page_that_needs_no_database(path: str, status: int) -> None:
    answer = Client(raise_request_exception=False, headers=BROWSER).get(path)
    page = answer.content.decode()
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert answer["X-Request-Id"] in page
    assert "console.css" in page
    assert "a secret of the inside" not in page


@pytest.mark.parametrize(("path", "status"), FAILURES.items())
def test_program_gets_the_denial_contract(path: str, status: int) -> None:
    answer = Client(raise_request_exception=False).get(path)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert error["request_id"] == answer["X-Request-Id"]
    assert error["help_url"] == f"/docs/errors#{error['code']}"
    assert "a secret of the inside" not in answer.content.decode()


def test_page_says_when_to_try_again() -> None:
    answer = Client(headers=BROWSER).get("/hurries")
    assert answer["Retry-After"] == "30"
    assert "Try again in 30 s" in answer.content.decode()


def test_form_without_its_token_is_refused_in_our_look() -> None:
    answer = Client(enforce_csrf_checks=True, headers=BROWSER).post(reverse("account_login"), {"login": "x"})
    assert answer.status_code == 403
    assert "csrf_failed" in answer.content.decode()


def test_refusal_page_names_code_and_help() -> None:
    page = Client(headers=BROWSER).get("/nowhere").content.decode()
    assert "not_found" in page
    assert f'href="{reverse("error_codes")}#not_found"' in page


def test_stranger_is_led_to_sign_in_and_back(db: None) -> None:
    answer = Client(headers=BROWSER).get("/workspaces/alpha/sessions/?q=x")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/workspaces/alpha/sessions/%3Fq%3Dx"


def test_foreign_workspace_looks_like_an_unknown_one(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.charlie)
    foreign, unknown = client.get("/workspaces/alpha/sessions/"), client.get("/workspaces/nowhere/sessions/")
    pages = [answer.content.decode().replace(answer["X-Request-Id"], "") for answer in (foreign, unknown)]
    # Each page masks its anti-forgery token anew.
    pages = [re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", page) for page in pages]
    assert foreign.status_code == unknown.status_code == 404
    assert pages[0] == pages[1]


def test_page_of_codes_lists_every_denial_under_its_anchor() -> None:
    page = Client(headers=BROWSER).get(reverse("error_codes")).content.decode()
    missing = [denial.code for denial in every_denial() if f'id="{denial.code}"' not in page]
    assert missing == []
    assert len(every_denial()) > 15
