"""Sign in and out."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import PASSWORD, Cast, browser

pytestmark = pytest.mark.django_db


def attempt(client: Client, email: str, password: str, **query: str) -> int:
    return client.post(reverse("account_login", query=query), {"login": email, "password": password}).status_code


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_right_password_leads_home(cast: Cast) -> None:
    client = browser()
    response = client.post(reverse("account_login"), {"login": "alice@example.com", "password": PASSWORD})
    assert response["Location"] == reverse("home")
    assert is_signed_in(client)


def test_letters_of_the_address_do_not_matter(cast: Cast) -> None:
    client = browser()
    attempt(client, " Alice@EXAMPLE.com ", PASSWORD)
    assert is_signed_in(client)


def test_wrong_password_and_unknown_person_are_told_apart_by_nothing(cast: Cast) -> None:
    wrong = browser().post(reverse("account_login"), {"login": "alice@example.com", "password": "not this one"})
    unknown = browser().post(reverse("account_login"), {"login": "nobody@example.com", "password": "not this one"})
    assert wrong.status_code == unknown.status_code
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_wrong_password_keeps_the_address_and_not_the_password(cast: Cast) -> None:
    page = browser().post(reverse("account_login"), {"login": "alice@example.com", "password": "not this one"})
    assert "alice@example.com" in page.content.decode()
    assert "not this one" not in page.content.decode()


def test_blocked_person_stays_out(cast: Cast) -> None:
    cast.alice.is_active = False
    cast.alice.save()
    client = browser()
    response = client.post(reverse("account_login"), {"login": "alice@example.com", "password": PASSWORD})
    assert response["Location"] == reverse("account_inactive")
    assert not is_signed_in(client)


def test_blocking_ends_a_running_session(cast: Cast) -> None:
    client = browser(cast.alice)
    cast.alice.is_active = False
    cast.alice.save()
    assert client.get("/workspaces/alpha/keys/")["Location"].startswith(reverse("account_login"))


def test_signing_in_changes_the_session_key(cast: Cast) -> None:
    client = browser()
    client.get(reverse("account_signup"))
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["opencode_session"] = session.session_key
    attempt(client, "alice@example.com", PASSWORD)
    assert is_signed_in(client)
    assert client.session.session_key != session.session_key


def test_guessing_is_stopped_after_five_attempts(cast: Cast) -> None:
    client = browser()
    for _ in range(5):
        attempt(client, "alice@example.com", "not this one")
    attempt(client, "alice@example.com", PASSWORD)
    assert not is_signed_in(client)


def test_person_returns_to_the_page_they_wanted(cast: Cast) -> None:
    client = browser()
    wanted = client.get("/workspaces/alpha/keys/")
    response = client.post(wanted["Location"], {"login": "alice@example.com", "password": PASSWORD})
    assert response["Location"] == "/workspaces/alpha/keys/"


def test_sign_in_never_leads_to_another_site(cast: Cast) -> None:
    response = browser().post(
        reverse("account_login", query={"next": "https://evil.example/"}),
        {"login": "alice@example.com", "password": PASSWORD},
    )
    assert response["Location"] == reverse("home")


def test_signing_out_takes_a_post(cast: Cast) -> None:
    client = browser(cast.alice)
    client.get(reverse("account_logout"))
    assert is_signed_in(client)
    client.post(reverse("account_logout"))
    assert not is_signed_in(client)


def test_sign_in_without_the_csrf_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert attempt(client, "alice@example.com", PASSWORD) == 403


def test_home_sends_strangers_to_the_sign_in_page() -> None:
    response = browser().get(reverse("home"))
    assert response["Location"].startswith(reverse("account_login"))
