"""Who may sign up: everybody, people of a domain, the invited, nobody."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.selectors import signup
from opencode.settings.sources.environment import read_environment
from opencode.settings.sources.signin import read_signup_domains
from tests.cast import PASSWORD, browser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("owned_console")]


@pytest.fixture(autouse=True)
def invited(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Addresses with an open invitation; the port's other end has tests of its own."""
    addresses: set[str] = set()
    monkeypatch.setattr(signup, "invitation_open_for", addresses.__contains__)
    return addresses


def sign_up(email: str) -> str:
    """What the page says, empty when the sign-up went through."""
    response = browser().post(reverse("account_signup"), {"email": email, "password1": PASSWORD})
    return response.content.decode() if response.status_code == 200 else ""


def test_invited_address_may_sign_up_in_any_letters(settings: Settings, invited: set[str]) -> None:
    settings.SIGNUP_POLICY = "invitation"
    invited.add("dave@example.com")
    assert sign_up(" Dave@Example.COM ") == ""
    assert User.objects.get().email == "dave@example.com"


def test_address_without_an_invitation_may_not(settings: Settings) -> None:
    settings.SIGNUP_POLICY = "invitation"
    assert "Sign-up is by invitation" in sign_up("dave@example.com")
    assert not User.objects.exists()


def test_refusal_says_nothing_about_accounts(settings: Settings) -> None:
    User.objects.create_user("alice@example.com", PASSWORD)
    settings.SIGNUP_POLICY = "invitation"
    known, unknown = sign_up("alice@example.com"), sign_up("bobby@example.com")
    refusal = "there is no open invitation for this address"
    assert known.count(refusal) == unknown.count(refusal) == 1


@pytest.mark.parametrize(
    ("email", "may"),
    [
        ("dave@corp.example", True),
        ("dave@CORP.example", True),
        ("dave@sub.corp.example", False),
        ("dave@evilcorp.example", False),
        ("dave@corp.example.evil.example", False),
        ('"@corp.example"@evil.example', False),
    ],
)
def test_domain_is_the_whole_of_what_follows_the_last_at(settings: Settings, email: str, may: bool) -> None:
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = "domain", frozenset({"corp.example"})
    assert signup.may_sign_up(email) is may


def test_invitation_opens_the_door_of_a_domain(settings: Settings, invited: set[str]) -> None:
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = "domain", frozenset({"corp.example"})
    assert "need an address of this team" in sign_up("guest@example.com")
    invited.add("guest@example.com")
    assert sign_up("guest@example.com") == ""


def test_closed_is_closed_to_the_invited_too(settings: Settings, invited: set[str]) -> None:
    settings.SIGNUP_POLICY = "closed"
    invited.add("dave@example.com")
    assert "Sign-up is closed" in sign_up("dave@example.com")
    assert not signup.may_sign_up("dave@example.com")


@pytest.mark.parametrize(
    ("policy", "words"), [("open", "New here?"), ("domain", "New here?"), ("invitation", "Invited?")]
)
def test_sign_in_page_offers_what_the_policy_allows(settings: Settings, policy: str, words: str) -> None:
    settings.SIGNUP_POLICY = policy
    assert words in browser().get(reverse("account_login")).content.decode()


def test_domains_are_read_in_any_form() -> None:
    variables = {"OPENCODE_SIGNUP": "domain", "OPENCODE_SIGNUP_DOMAINS": " @Corp.example, b.example,"}
    assert read_signup_domains(read_environment(variables)) == {"corp.example", "b.example"}


def test_domain_policy_without_a_domain_ends_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="OPENCODE_SIGNUP_DOMAINS"):
        read_signup_domains(read_environment({"OPENCODE_SIGNUP": "domain"}))
