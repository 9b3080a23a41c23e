"""Workspaces, members, keys and tokens in Django's admin: to find and to look at."""

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import PASSWORD, Cast, browser
from tests.workspaces.conftest import MakeKey, MakeToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(cast: Cast) -> Client:
    return browser(User.objects.create_superuser("root@example.com", PASSWORD))


@pytest.mark.parametrize(
    ("model", "term"),
    [
        ("workspace", "alpha"),
        ("workspace", "alice@example.com"),
        ("membership", "alice@example.com"),
        ("apikey", "alpha"),
        ("apikey", "carol@example.com"),
        ("sharetoken", "alpha"),
    ],
)
def test_rows_are_found_by_what_a_customer_says(
    support: Client, cast: Cast, make_key: MakeKey, make_token: MakeToken, model: str, term: str
) -> None:
    make_key(cast.carol)
    make_token()
    page = support.get(f"/admin/workspaces/{model}/", {"q": term}).content.decode()
    assert "1 " in page.split('class="paginator"')[1]
    assert "gamma" not in page


def test_key_is_found_by_its_prefix_and_shows_no_hash(support: Client, cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.carol)
    found = support.get("/admin/workspaces/apikey/", {"q": key.prefix}).content.decode()
    page = support.get(f"/admin/workspaces/apikey/{key.pk}/change/").content.decode()
    assert key.prefix in found
    assert key.prefix in page
    assert key.secret_hash not in found + page
    assert secret not in found + page


def test_token_page_shows_no_hash(support: Client, make_token: MakeToken) -> None:
    token, _ = make_token()
    page = support.get(f"/admin/workspaces/sharetoken/{token.pk}/change/").content.decode()
    assert token.prefix in page
    assert token.secret_hash not in page


@pytest.mark.parametrize("model", ["workspace", "membership", "apikey", "sharetoken"])
def test_nothing_is_added_here(support: Client, model: str) -> None:
    assert support.get(f"/admin/workspaces/{model}/add/").status_code == 403


def test_nothing_is_changed_here(support: Client, cast: Cast) -> None:
    assert support.post(f"/admin/workspaces/workspace/{cast.alpha.pk}/change/", {"name": "x"}).status_code == 403
    assert support.post(f"/admin/workspaces/workspace/{cast.alpha.pk}/delete/", {"post": "yes"}).status_code == 403
