"""Sign up with e-mail and password, confirm the address, start with a workspace."""

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.forms.account import ConsoleSignupForm
from accounts.models import User
from opencode.lib.clock import utc_now
from tests.accounts.mailbox import link_in, only_mail
from tests.cast import PASSWORD, Cast, browser
from workspaces.models import Membership, Role, Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("owned_console")]

NEW = {"email": "Dave@Example.com", "password1": PASSWORD}


def sign_up(client: Client, **fields: str) -> str:
    """Posts the form; answers where it leads."""
    response = client.post(reverse("account_signup"), {**NEW, **fields})
    assert response.status_code == 302, response.content.decode()
    return response["Location"]


def link_github(user: User) -> None:
    SocialAccount.objects.create(user=user, provider="github", uid="1")


def confirm(client: Client) -> str:
    response = client.post(link_in(only_mail(), "/accounts/confirm-email/"))
    assert response.status_code == 302
    return response["Location"]


def test_sign_up_sends_a_link_and_signs_nobody_in_yet() -> None:
    client = browser()
    assert sign_up(client) == reverse("account_email_verification_sent")
    assert only_mail().to == ["dave@example.com"]
    assert "_auth_user_id" not in client.session


def test_whoever_has_not_confirmed_owns_nothing() -> None:
    sign_up(browser())
    assert not Workspace.objects.exists()


def test_confirming_signs_in_and_leads_to_the_sessions_of_a_first_workspace() -> None:
    client = browser()
    sign_up(client)
    assert confirm(client) == reverse("home")
    membership = Membership.objects.select_related("workspace").get(user__email="dave@example.com")
    assert (membership.role, membership.workspace.name) == (Role.OWNER, "dave")
    assert client.get(reverse("home"))["Location"] == "/workspaces/dave/"


def test_opening_the_link_alone_changes_nothing() -> None:
    client = browser()
    sign_up(client)
    assert client.get(link_in(only_mail(), "/accounts/confirm-email/")).status_code == 200
    assert not EmailAddress.objects.get().verified


def test_link_works_once() -> None:
    client = browser()
    sign_up(client)
    path = link_in(only_mail(), "/accounts/confirm-email/")
    confirm(client)
    client.post(reverse("account_logout"))
    client.post(path)
    assert "_auth_user_id" not in client.session
    assert Workspace.objects.count() == 1


def test_confirming_in_another_browser_makes_the_workspace_and_asks_to_sign_in() -> None:
    sign_up(browser())
    other = browser()
    assert confirm(other) == reverse("account_login")
    assert "_auth_user_id" not in other.session
    assert Workspace.objects.count() == 1
    assert "A password set before no longer works" in other.get(reverse("account_login")).content.decode()


def test_confirming_in_another_browser_voids_what_the_first_one_set() -> None:
    """Whoever has the mailbox need not be who signed up with its address."""
    sign_up(browser())
    link_github(User.objects.get())
    confirm(browser())
    assert not User.objects.get().has_usable_password()
    assert not SocialAccount.objects.exists()


def test_page_tells_another_browser_only_that_a_password_will_be_void() -> None:
    client = browser()
    sign_up(client)
    path = link_in(only_mail(), "/accounts/confirm-email/")
    warned = ["made in another browser" in each.get(path).content.decode() for each in (client, browser())]
    assert warned == [False, True]


def test_confirming_where_one_signed_up_keeps_what_was_set_however_late() -> None:
    with time_machine.travel(utc_now().timestamp(), tick=False) as clock:
        client = browser()
        sign_up(client)
        link_github(User.objects.get())
        clock.shift(86400)
        confirm(client)
    assert User.objects.get().check_password(PASSWORD)
    assert SocialAccount.objects.exists()


def test_confirming_where_one_signed_in_meanwhile_keeps_the_password() -> None:
    sign_up(browser())
    phone = browser()
    phone.post(reverse("account_login"), {"login": "dave@example.com", "password": PASSWORD})
    confirm(phone)
    assert "_auth_user_id" in phone.session
    assert User.objects.get().check_password(PASSWORD)


def test_reset_before_the_address_is_confirmed_takes_linked_accounts_away() -> None:
    sign_up(browser())
    user = User.objects.get()
    link_github(user)
    mail.outbox.clear()
    client = browser()
    client.post(reverse("account_reset_password"), {"email": user.email})
    form_path = client.get(link_in(only_mail(), "/accounts/password/reset/key/"))["Location"]
    client.post(form_path, {"password1": "another long secret", "password2": "another long secret"})
    assert not SocialAccount.objects.exists()
    user.refresh_from_db()
    assert user.check_password("another long secret")


def test_altered_link_confirms_nothing() -> None:
    client = browser()
    sign_up(client)
    path = link_in(only_mail(), "/accounts/confirm-email/")
    client.post(path[:-3] + "xx/")
    assert not EmailAddress.objects.get().verified


def test_signing_in_before_confirming_sends_the_person_to_their_mail() -> None:
    sign_up(browser())
    client = browser()
    response = client.post(reverse("account_login"), {"login": "dave@example.com", "password": PASSWORD})
    assert response["Location"] == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session


def test_same_address_in_other_letters_is_the_same_account(cast: Cast) -> None:
    assert sign_up(browser(), email="ALICE@example.COM") == reverse("account_email_verification_sent")
    assert User.objects.filter(email__icontains="alice").count() == 1


def test_taken_address_is_told_to_its_owner_only(cast: Cast) -> None:
    taken, fresh = browser(), browser()
    assert sign_up(taken, email="alice@example.com") == sign_up(fresh, email="erin@example.com")
    pages = [client.get(reverse("account_email_verification_sent")).content for client in (taken, fresh)]
    assert b"alice" not in pages[0].replace(b"alice@example.com", b"")
    to_alice, to_erin = mail.outbox
    assert link_in(to_alice, "/accounts/password/reset/") == reverse("account_reset_password")
    assert link_in(to_erin, "/accounts/confirm-email/")


def test_taken_address_takes_as_much_hashing_as_a_free_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    sign_up(browser(), email="alice@example.com")
    assert hashed == [PASSWORD]


def test_lost_race_for_an_address_looks_like_a_taken_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def seemed_free(self: ConsoleSignupForm, value: str) -> str:
        return value

    monkeypatch.setattr(ConsoleSignupForm, "validate_unique_email", seemed_free)
    assert sign_up(browser(), email="alice@example.com") == reverse("account_email_verification_sent")
    assert User.objects.filter(email="alice@example.com").count() == 1


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": "no address"}, "Enter a valid email address"),
        ({"email": ""}, "This field is required"),
        ({"password1": "short"}, "too short"),
        ({"password1": "password123"}, "too common"),
        ({"password1": "dave@example.com"}, "too similar"),
        ({"email": "a" * 250 + "@example.com"}, "at most 254 characters"),
    ],
)
def test_bad_input_is_answered_beside_the_field_and_kept(fields: dict[str, str], complaint: str) -> None:
    response = browser().post(reverse("account_signup"), {**NEW, **fields})
    page = response.content.decode()
    assert complaint in page
    assert {**NEW, **fields}["email"] in page
    assert PASSWORD not in page
    assert not User.objects.exists()


def test_closed_console_takes_nobody(settings: Settings) -> None:
    settings.SIGNUP_POLICY = "closed"
    response = browser().post(reverse("account_signup"), NEW)
    assert response.status_code == 200
    assert not User.objects.exists()


def test_links_in_mails_do_not_believe_the_host_header(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    browser().post(reverse("account_signup"), NEW, headers={"Host": "evil.example"})
    assert "evil.example" not in str(only_mail().body)


def test_sign_up_without_the_csrf_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("account_signup"), NEW).status_code == 403
    assert not User.objects.exists()


def test_many_sign_ups_from_one_address_are_slowed() -> None:
    client = browser()
    answers = [
        client.post(reverse("account_signup"), {**NEW, "email": f"robot{number}@example.com"}).status_code
        for number in range(21)
    ]
    assert answers[-1] == 429
