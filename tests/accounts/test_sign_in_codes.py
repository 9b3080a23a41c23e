"""Sign-in by a code sent to the address, and accounts without a password."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.mailbox import link_in, only_mail
from tests.cast import PASSWORD, Cast, browser
from workspaces.models import Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("owned_console")]

ASK = reverse("account_request_login_code")
CONFIRM = reverse("account_confirm_login_code")


def ask(client: Client, email: str) -> str:
    """Asks for a code; answers the one that was mailed, empty when there is none."""
    mail.outbox.clear()
    assert client.post(ASK, {"email": email})["Location"] == CONFIRM
    found = re.search(r"^ {4}(\S+)$", str(mail.outbox[0].body), re.MULTILINE)
    return found[1] if found else ""


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_code_signs_in_once(cast: Cast) -> None:
    client = browser()
    code = ask(client, "Alice@example.com")
    assert client.post(CONFIRM, {"code": code})["Location"] == reverse("home")
    assert is_signed_in(client)
    client.post(reverse("account_logout"))
    client.post(CONFIRM, {"code": code})
    assert not is_signed_in(client)


def test_code_works_in_the_browser_that_asked_only(cast: Cast) -> None:
    code = ask(browser(), "alice@example.com")
    other = browser()
    other.post(CONFIRM, {"code": code})
    assert not is_signed_in(other)


def test_three_wrong_codes_end_it(cast: Cast) -> None:
    client = browser()
    code = ask(client, "alice@example.com")
    for _ in range(3):
        client.post(CONFIRM, {"code": "WRONGCODE"})
    client.post(CONFIRM, {"code": code})
    assert not is_signed_in(client)


def test_unknown_address_is_told_by_mail_only(cast: Cast) -> None:
    known, unknown = browser(), browser()
    ask(known, "alice@example.com")
    assert ask(unknown, "nobody@example.com") == ""
    assert only_mail().subject == "There is no account with this address"
    pages = [client.get(CONFIRM).content.decode() for client in (known, unknown)]
    hidden = [re.sub(r"(alice|nobody)@example.com|csrfmiddlewaretoken.*", "", page) for page in pages]
    assert hidden[0] == hidden[1]


def test_codes_to_one_mailbox_are_limited(cast: Cast) -> None:
    for _ in range(3):
        ask(browser(), "alice@example.com")
    mail.outbox.clear()
    browser().post(ASK, {"email": "alice@example.com"})
    assert mail.outbox == []


def test_person_signs_up_without_a_password_and_in_by_code() -> None:
    client = browser()
    client.post(reverse("account_signup"), {"email": "dave@example.com", "password1": ""})
    client.post(link_in(only_mail(), "/accounts/confirm-email/"))
    assert is_signed_in(client)
    assert not User.objects.get().has_usable_password()
    client.post(reverse("account_logout"))
    client.post(CONFIRM, {"code": ask(client, "dave@example.com")})
    assert is_signed_in(client)


def sign_up_as_somebody_else() -> None:
    """An attacker's sign-up with the address of somebody else, and an account of theirs that is linked with it."""
    browser().post(reverse("account_signup"), {"email": "dave@example.com", "password1": PASSWORD})
    SocialAccount.objects.create(user=User.objects.get(), provider="github", uid="1")


def test_first_code_voids_what_another_browser_set() -> None:
    sign_up_as_somebody_else()
    client = browser()
    client.post(CONFIRM, {"code": ask(client, "dave@example.com")})
    assert client.get(reverse("account_email")).status_code == 200
    assert not User.objects.get().has_usable_password()
    assert not SocialAccount.objects.exists()
    assert Workspace.objects.count() == 1


def test_later_code_voids_nothing(cast: Cast) -> None:
    client = browser()
    client.post(CONFIRM, {"code": ask(client, "alice@example.com")})
    cast.alice.refresh_from_db()
    assert cast.alice.check_password(PASSWORD)


def test_code_to_a_further_address_voids_nothing(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.alice, email="more@example.com", verified=False)
    client = browser()
    client.post(CONFIRM, {"code": ask(client, "more@example.com")})
    cast.alice.refresh_from_db()
    assert cast.alice.check_password(PASSWORD)


def test_empty_password_opens_nothing() -> None:
    User.objects.create_user("dave@example.com", None)
    client = browser()
    client.post(reverse("account_login"), {"login": "dave@example.com", "password": ""})
    assert not is_signed_in(client)


def test_sign_up_without_a_password_hashes_none_for_a_taken_address(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda _self, password, _salt: hashed.append(password) or "x")
    browser().post(reverse("account_signup"), {"email": "alice@example.com", "password1": ""})
    assert hashed == []
