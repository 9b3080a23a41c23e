"""A console without an owner: nobody else signs up, whatever way they come; pages and a command lead to the link."""

import json
from io import StringIO
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.adapter.social import ConsoleSocialAccountAdapter
from accounts.forms.account import ConsoleSignupForm
from accounts.forms.providers import ConsoleProviderSignupForm
from accounts.management.commands import first_owner as command_module
from accounts.models import User
from accounts.selectors import signup
from tests.cast import PASSWORD, browser, person

pytestmark = pytest.mark.django_db
STRANGER = {"email": "stranger@corp.example", "password1": PASSWORD}
OWNER = {"email": "olivia@example.com", "password": PASSWORD}


@pytest.fixture(autouse=True, params=["open", "domain", "invitation", "closed"])
def policy(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every policy, with an address that each would take."""
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = request.param, frozenset({"corp.example"})
    monkeypatch.setattr(signup, "invitation_open_for", lambda _email: True)
    return str(request.param)


def of_a_provider(email: str) -> SocialLogin:
    return SocialLogin(
        user=User(email=email),
        account=SocialAccount(provider="github", uid="1"),
        email_addresses=[EmailAddress(email=email, verified=True)],
    )


def said(*words: str) -> str:
    out = StringIO()
    call_command("first_owner", *words, stdout=out)
    return out.getvalue()


def test_form_takes_nobody() -> None:
    page = browser().post(reverse("account_signup"), STRANGER).content.decode()
    assert "This console has no owner yet." in page
    assert not User.objects.exists()


@pytest.mark.parametrize("form", [ConsoleSignupForm, ConsoleProviderSignupForm])
def test_forms_ask_the_rule_themselves(form: type[ConsoleSignupForm] | type[ConsoleProviderSignupForm]) -> None:
    extra = {"sociallogin": of_a_provider(STRANGER["email"])} if form is ConsoleProviderSignupForm else {}
    filled = form(STRANGER, **extra)
    assert not filled.is_valid()
    assert "owner" in str(filled.errors["email"])


def test_providers_bring_nobody() -> None:
    request = RequestFactory().get("/")
    assert not ConsoleSocialAccountAdapter().is_open_for_signup(request, of_a_provider(STRANGER["email"]))
    assert not ConsoleSocialAccountAdapter().is_open_for_signup(request, SocialLogin(email_addresses=[]))


def test_sign_up_of_before_does_not_come_to_life() -> None:
    """Somebody of an older release, who had not confirmed their address."""
    user = User.objects.create_user(STRANGER["email"], PASSWORD)
    address = EmailAddress.objects.create(user=user, email=user.email, primary=True)
    link = reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])
    page = browser().post(link, follow=True).content.decode()
    assert "This console has no owner yet" in page
    address.refresh_from_db()
    assert not address.verified


@pytest.mark.parametrize("name", ["home", "account_login", "account_signup", "account_request_login_code"])
def test_every_page_says_where_the_link_is(name: str) -> None:
    page = browser().get(reverse(name), follow=True).content.decode()
    assert "in the terminal" in " ".join(page.split())
    assert "manage.py first_owner" in page
    assert f'href="{reverse("account_signup")}"' not in page


def test_page_of_the_link_itself_does_not_send_anybody_for_it() -> None:
    page = browser().get(urlsplit(said().split()[0]).path).content.decode()
    assert "Create the owner account" in page
    assert "manage.py first_owner" not in page


def test_owner_opens_what_the_policy_opens(policy: str) -> None:
    browser().post(urlsplit(said().split()[0]).path, OWNER)
    page = browser().post(reverse("account_signup"), STRANGER, follow=True).content.decode()
    assert "no owner yet" not in page
    assert User.objects.filter(email=STRANGER["email"]).exists() is (policy != "closed")


def test_lost_link_can_be_had_again() -> None:
    lost, printed = said().split()[0], json.loads(said("--json"))
    assert browser().get(urlsplit(lost).path).status_code == 404
    assert browser().get(urlsplit(printed["link"]).path).status_code == 200
    assert printed["hours"] == 24


def test_command_refuses_once_there_is_an_owner() -> None:
    User.objects.create_superuser("owner@example.com", PASSWORD)
    with pytest.raises(CommandError, match="has an owner") as refused:
        said()
    assert refused.value.returncode == 1


def test_command_says_so_to_programs_too() -> None:
    User.objects.create_superuser("owner@example.com", PASSWORD)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("first_owner", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"link": None, "hours": None}


def test_command_helps_a_console_whose_people_have_no_owner() -> None:
    person("dave")
    assert "/accounts/first-owner/" in said()


def test_command_without_a_database_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr(command_module, "owner_link_create", missing)
    with pytest.raises(CommandError, match="Start the console") as refused:
        said()
    assert refused.value.returncode == 2
