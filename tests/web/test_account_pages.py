"""allauth's pages in our look: every one of them stands on our base and talks our way."""

import re

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from tests.cast import BROWSER, Cast, SignIn

ENTRANCE = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_inactive",
    "account_request_login_code",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
]
SIGNED_IN = [
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "accounts:profile",
    "accounts:sessions",
    "mfa_index",
    "socialaccount_connections",
]


@pytest.mark.parametrize("name", ENTRANCE)
def test_entrance_page_is_ours(db: None, name: str) -> None:
    page = Client(headers=BROWSER).get(reverse(name)).content.decode()
    assert '<body class="entrance">' in page
    assert page.count("<h1>") == 1
    assert "placeholder=" not in page


@pytest.mark.parametrize("name", SIGNED_IN)
def test_account_page_is_ours(cast: Cast, sign_in: SignIn, name: str) -> None:
    page = sign_in(cast.alice).get(reverse(name)).content.decode()
    assert re.search('<body class="(entrance|plain|with-sidebar)">', page)
    assert page.count("<h1>") == 1


@pytest.mark.parametrize(
    "path", ["/accounts/confirm-email/not-a-key/", "/accounts/password/reset/key/usr_0-not-a-token/"]
)
def test_dead_link_says_so(db: None, path: str) -> None:
    assert "This link does not work" in Client(headers=BROWSER).get(path).content.decode()


@override_settings(SIGNUP_POLICY="closed")
def test_closed_sign_up_says_so_and_is_not_offered(db: None) -> None:
    client = Client(headers=BROWSER)
    assert "Sign-up is closed" in client.get(reverse("account_signup")).content.decode()
    assert reverse("account_signup") not in client.get(reverse("account_login")).content.decode()


@override_settings(MAIL_IS_QUEUED=False)
def test_page_says_when_mail_goes_to_the_log(db: None) -> None:
    page = Client(headers=BROWSER).get(reverse("account_email_verification_sent")).content.decode()
    assert "console's log" in page


def test_mail_is_plain_and_names_the_console(cast: Cast, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
    with django_capture_on_commit_callbacks(execute=True):
        Client(headers=BROWSER).post(reverse("account_reset_password"), {"email": cast.alice.email})
    (message,) = mail.outbox
    assert message.subject == "Choose a new password"
    assert "http://" in message.body
    assert message.body.rstrip().splitlines()[-2:] == ["--", "opencode console, http://127.0.0.1:8000"]
