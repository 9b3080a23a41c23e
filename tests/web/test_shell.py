"""The frame around every page: colours without a flash, the switcher, strict scripts and styles."""

import re

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.test import Client, RequestFactory
from django.urls import reverse

from opencode.web.middleware import LeavingMiddleware
from tests.cast import BROWSER, Cast, SignIn

SESSIONS = "/workspaces/alpha/sessions/"


@pytest.mark.parametrize(
    ("cookie", "opening"),
    [
        ("", '<html lang="en">'),
        ("dark", '<html lang="en" data-theme="dark">'),
        ("light", '<html lang="en" data-theme="light">'),
        ('"><script>', '<html lang="en">'),
    ],
)
def test_chosen_colours_are_in_the_first_byte_of_the_page(cookie: str, opening: str) -> None:
    client = Client(headers=BROWSER)
    client.cookies["opencode_theme"] = cookie
    assert opening in client.get(reverse("error_codes")).content.decode()
    assert opening in client.get("/nowhere").content.decode()


def test_switcher_lists_only_the_persons_workspaces(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.bob).get(SESSIONS).content.decode()
    menu = page[page.index('id="workspaces-menu"') : page.index("</nav>")]
    assert "alpha" in menu
    assert "gamma" not in page


def test_navigation_says_where_one_is(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice).get(SESSIONS).content.decode()
    assert re.findall(r'href="([^"]+)"[^>]* aria-current="page"', page) == [SESSIONS]


def test_signing_out_is_a_form(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.alice)
    page = client.get(SESSIONS).content.decode()
    assert f'<form method="post" action="{reverse("account_logout")}">' in page
    client.post(reverse("account_logout"))
    assert client.get(SESSIONS).status_code == 302


@pytest.mark.parametrize(
    "path", [SESSIONS, "/workspaces/alpha/keys/", "/accounts/email/", "/accounts/2fa/", "/docs/errors", "/nowhere"]
)
def test_pages_keep_to_the_content_policy(cast: Cast, sign_in: SignIn, path: str) -> None:
    answer = sign_in(cast.alice).get(path)
    page = answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert re.findall(r'\s(?:style|on[a-z]+)="', page) == []
    assert "<style" not in page
    assert [tag for tag in re.findall(r"<script[^>]*>", page) if " src=" not in tag] == []


def test_first_render_needs_one_stylesheet(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice).get(SESSIONS).content.decode()
    assert len(re.findall('rel="stylesheet"', page)) == 1


def led_on(location: str, **request: str) -> HttpResponse:
    """What becomes of a view's redirect there."""
    middleware = LeavingMiddleware(lambda _request: HttpResponseRedirect(location))
    answer = middleware(
        RequestFactory().generic(**{"method": "POST", "path": "/", "HTTP_ACCEPT": "text/html", **request})
    )
    assert isinstance(answer, HttpResponse)
    return answer


def test_forms_answer_elsewhere_is_a_page_that_goes_there() -> None:
    answer = led_on('https://id.example/authorize?a=1&b="2')
    assert answer.status_code == 200
    assert 'content="0;url=https://id.example/authorize?a=1&amp;b=%222"' in answer.content.decode()


@pytest.mark.parametrize(
    ("location", "request_fields"),
    [("/sessions/", {}), ("https://id.example/", {"HTTP_ACCEPT": "*/*"}), ("https://id.example/", {"method": "GET"})],
)
def test_other_redirects_stay_redirects(location: str, request_fields: dict[str, str]) -> None:
    assert led_on(location, **request_fields).status_code == 302
