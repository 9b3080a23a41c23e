"""A forgotten password."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.accounts.mailbox import link_in, only_mail
from tests.cast import PASSWORD, Cast, browser
from tests.support.audit import audited
from tests.support.devices import device_of

pytestmark = pytest.mark.django_db(transaction=True)

NEW_PASSWORD = "another long secret"
RESET = "/accounts/password/reset/key/"


def ask(email: str) -> str:
    response = browser().post(reverse("account_reset_password"), {"email": email})
    return response["Location"]


def test_link_sets_a_new_password(cast: Cast) -> None:
    ask("ALICE@example.com")
    client = browser()
    page = client.get(link_in(only_mail(), RESET), follow=True)
    form_path = page.redirect_chain[-1][0]
    client.post(form_path, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    cast.alice.refresh_from_db()
    assert cast.alice.check_password(NEW_PASSWORD)


def test_reset_of_a_confirmed_account_keeps_linked_accounts(cast: Cast) -> None:
    SocialAccount.objects.create(user=cast.alice, provider="github", uid="1")
    test_link_sets_a_new_password(cast)
    assert SocialAccount.objects.exists()


def test_new_password_ends_the_sessions_of_the_old_one(cast: Cast) -> None:
    elsewhere = browser(cast.alice)
    test_link_sets_a_new_password(cast)
    assert elsewhere.get("/workspaces/alpha/keys/")["Location"].startswith(reverse("account_login"))


def test_new_password_signs_out_every_device_and_the_workspaces_read_so(cast: Cast) -> None:
    held = device_of(cast.alice)
    test_link_sets_a_new_password(cast)
    assert Client().get("/api/user", headers=held.bearer).status_code == 401
    (entry,) = audited(cast.alpha, "device.revoke")
    assert (entry.actor_kind, entry.actor_id, entry.target_id) == ("person", cast.alice.pk, held.id)


def test_asking_for_the_link_alone_signs_nothing_out(cast: Cast) -> None:
    held = device_of(cast.alice)
    ask("alice@example.com")
    browser().get(link_in(only_mail(), RESET), follow=True)
    assert Client().get("/api/user", headers=held.bearer).status_code == 200


def test_link_works_once(cast: Cast) -> None:
    ask("alice@example.com")
    path = link_in(only_mail(), RESET)
    client = browser()
    form_path = client.get(path)["Location"]
    client.post(form_path, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    again = browser().get(path, follow=True)
    assert again.context["token_fail"]


def test_secret_of_the_link_leaves_the_address_bar_at_once(cast: Cast) -> None:
    ask("alice@example.com")
    path = link_in(only_mail(), RESET)
    assert path.rsplit("-", 1)[-1].strip("/") not in browser().get(path)["Location"]


def test_unknown_address_gets_the_same_answer_and_a_mail_that_says_so(cast: Cast) -> None:
    assert ask("nobody@example.com") == ask("alice@example.com")
    assert [message.to for message in mail.outbox] == [["nobody@example.com"], ["alice@example.com"]]
    assert RESET not in str(mail.outbox[0].body)


def test_address_somebody_only_asked_to_change_to_opens_nothing(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.alice, email="mallory@example.com", verified=False)
    ask("mallory@example.com")
    assert RESET not in str(only_mail().body)


def test_links_do_not_believe_the_host_header(cast: Cast, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    address = {"email": "alice@example.com"}
    browser().post(reverse("account_reset_password"), address, headers={"Host": "evil.example"})
    assert "evil.example" not in str(only_mail().body)


def test_weak_password_is_refused(cast: Cast) -> None:
    ask("alice@example.com")
    client = browser()
    form_path = client.get(link_in(only_mail(), RESET))["Location"]
    page = client.post(form_path, {"password1": "short", "password2": "short"})
    assert "too short" in page.content.decode()
    cast.alice.refresh_from_db()
    assert cast.alice.check_password(PASSWORD)
