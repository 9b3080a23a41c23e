"""Sign-in through a real OpenID Connect provider: people are known by their id there, never by an address it names."""

import html
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.apps import apps
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from opencode.settings.sources.environment import read_environment
from opencode.settings.sources.signin import read_providers
from tests.accounts.mailbox import link_in
from tests.cast import PASSWORD, Cast, browser
from tests.support.oidc import Provider, oidc_provider
from workspaces.models import Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("owned_console")]

LOGIN = "/accounts/oidc/oidc/login/"
CONNECTIONS = "/accounts/3rdparty/"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: Provider, settings: Settings) -> Provider:
    """The provider as the settings of a console that offers it name it."""
    environment = read_environment(
        {
            "OPENCODE_OIDC_ISSUER": running_provider.issuer,
            "OPENCODE_OIDC_CLIENT_ID": "console",
            "OPENCODE_OIDC_CLIENT_SECRET": "secret",
            "OPENCODE_OIDC_NAME": "Example ID",
        }
    )
    settings.SOCIALACCOUNT_PROVIDERS = read_providers(environment)
    return running_provider


def begin(client: Client, process: str = "login") -> str:
    """Presses the provider's button; answers the address the browser is led to."""
    response = client.post(f"{LOGIN}?process={process}")
    assert response.status_code == 200
    led_to = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', response.content.decode())
    assert led_to is not None
    return html.unescape(led_to[1])


def go_through(client: Client, provider: Provider, sub: str, process: str = "login") -> str:
    """There and back as the person `sub`; answers where the console leads them."""
    back = urlsplit(provider.let_in(begin(client, process), sub))
    response = client.get(f"{back.path}?{back.query}")
    return response["Location"] if response.status_code == 302 else response.content.decode()


def proven(user: User) -> Client:
    """Signed in, and asked for the password again just now."""
    client = browser(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_new_person_confirms_the_address_the_provider_names(provider: Provider) -> None:
    provider.person("1001", email="dave@example.com", email_verified=True, name="Dave  D.")
    client = browser()
    assert go_through(client, provider, "1001") == reverse("account_email_verification_sent")
    assert not is_signed_in(client)
    assert not Workspace.objects.exists()
    client.post(link_in(mail.outbox[0], "/accounts/confirm-email/"))
    assert is_signed_in(client)
    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == ("dave@example.com", "Dave D.", False)
    assert Workspace.objects.get().name == "Dave D."


def test_trusted_provider_saves_the_mail(provider: Provider, settings: Settings) -> None:
    settings.OIDC_TRUSTS_EMAIL = True
    provider.person("1002", email="dave@example.com", email_verified=True)
    client = browser()
    assert go_through(client, provider, "1002") == reverse("home")
    assert is_signed_in(client)
    assert Workspace.objects.get().name == "dave"


@pytest.mark.parametrize("claim", ["false", "true", 1, None])
def test_only_a_plain_true_counts_as_verified(provider: Provider, settings: Settings, claim: object) -> None:
    settings.OIDC_TRUSTS_EMAIL = True
    provider.person("1003", email="dave@example.com", email_verified=claim)
    assert go_through(browser(), provider, "1003") == reverse("account_email_verification_sent")
    assert not EmailAddress.objects.get().verified


@pytest.mark.parametrize("is_trusted", [False, True])
def test_address_of_somebody_else_takes_nothing_over(
    cast: Cast, provider: Provider, settings: Settings, is_trusted: bool
) -> None:
    settings.OIDC_TRUSTS_EMAIL = is_trusted
    provider.person("attacker", email="alice@example.com", email_verified=True)
    client = browser()
    assert go_through(client, provider, "attacker") == reverse("account_email_verification_sent")
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    (warning,) = mail.outbox
    assert (warning.to, warning.subject) == (["alice@example.com"], "You already have an account")


def test_linked_person_signs_in_even_after_the_provider_names_another_address(cast: Cast, provider: Provider) -> None:
    provider.person("alice-there", email="alice@example.com", email_verified=True)
    go_through(proven(cast.alice), provider, "alice-there", "connect")
    provider.person("alice-there", email="charlie@example.com", email_verified=True)
    client = browser()
    assert go_through(client, provider, "alice-there") == reverse("home")
    assert client.session["_auth_user_id"] == cast.alice.pk
    cast.alice.refresh_from_db()
    assert cast.alice.email == "alice@example.com"


def test_linking_asks_for_the_password_again(cast: Cast, provider: Provider) -> None:
    provider.person("alice-there", email="alice@example.com")
    client = browser(cast.alice)
    assert go_through(client, provider, "alice-there", "connect") == reverse("account_reauthenticate")
    assert not SocialAccount.objects.exists()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert SocialAccount.objects.get().user == cast.alice


def test_link_and_unlink_are_told_by_mail_and_keep_no_token(cast: Cast, provider: Provider) -> None:
    provider.person("alice-there", email="alice@example.com")
    client = proven(cast.alice)
    assert go_through(client, provider, "alice-there", "connect") == CONNECTIONS
    assert "Example ID" in client.get(CONNECTIONS).content.decode()
    assert not SocialToken.objects.exists()
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()
    assert [message.subject for message in mail.outbox] == ["Example ID was linked", "Example ID was unlinked"]


def test_account_there_is_linked_with_one_person_only(cast: Cast, provider: Provider) -> None:
    provider.person("alice-there", email="alice@example.com")
    go_through(proven(cast.alice), provider, "alice-there", "connect")
    charlie = proven(cast.charlie)
    go_through(charlie, provider, "alice-there", "connect")
    assert "linked to another account" in charlie.get(CONNECTIONS).content.decode()
    assert SocialAccount.objects.get().user == cast.alice


def test_nobody_unlinks_what_belongs_to_another(cast: Cast, provider: Provider) -> None:
    provider.person("alice-there", email="alice@example.com")
    go_through(proven(cast.alice), provider, "alice-there", "connect")
    proven(cast.charlie).post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert SocialAccount.objects.exists()


def test_last_way_in_cannot_be_unlinked(cast: Cast, provider: Provider) -> None:
    provider.person("alice-there", email="alice@example.com")
    client = proven(cast.alice)
    go_through(client, provider, "alice-there", "connect")
    EmailAddress.objects.filter(user=cast.alice).update(verified=False)
    page = client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk}).content.decode()
    assert "your only way in" in page
    assert SocialAccount.objects.exists()


def test_link_to_a_provider_that_is_gone_can_be_taken_away(cast: Cast, provider: Provider, settings: Settings) -> None:
    provider.person("alice-there", email="alice@example.com")
    client = proven(cast.alice)
    go_through(client, provider, "alice-there", "connect")
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "alice-there" in client.get(CONNECTIONS).content.decode()
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()


def test_turning_away_at_the_provider_changes_nothing(provider: Provider) -> None:
    client = browser()
    address = begin(client)
    (state,) = parse_qs(urlsplit(address).query)["state"]
    back = urlsplit(provider.turn_away(address))  # this one forgets to send the state back with a refusal
    response = client.get(f"{back.path}?{back.query}&state={state}", follow=True)
    assert "Sign-in cancelled" in response.content.decode()
    assert not User.objects.exists()


def test_answer_that_this_browser_did_not_ask_for_signs_nobody_in(provider: Provider) -> None:
    provider.person("1004", email="mallory@example.com", email_verified=True)
    back = urlsplit(provider.let_in(begin(browser()), "1004"))
    victim = browser()
    page = victim.get(f"{back.path}?{back.query}")
    assert page.status_code == 401
    assert not is_signed_in(victim)
    assert not User.objects.exists()


def test_code_is_bound_to_this_browser_by_pkce(provider: Provider) -> None:
    assert "code_challenge_method=S256" in begin(browser())


def test_policy_holds_for_people_of_a_provider(provider: Provider, settings: Settings) -> None:
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = "domain", frozenset({"corp.example"})
    provider.person("1005", email="dave@example.com", email_verified=True)
    assert "Sign-up is closed" in go_through(browser(), provider, "1005")
    assert not User.objects.exists()


def test_person_without_an_address_is_asked_for_one(provider: Provider, settings: Settings) -> None:
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = "domain", frozenset({"corp.example"})
    provider.person("1006", name="Nobody")
    client = browser()
    assert go_through(client, provider, "1006") == reverse("socialaccount_signup")
    page = client.post(reverse("socialaccount_signup"), {"email": "nobody@example.com"}).content.decode()
    assert "need an address of this team" in page
    client.post(reverse("socialaccount_signup"), {"email": "nobody@corp.example"})
    assert SocialAccount.objects.get().user.email == "nobody@corp.example"


def test_second_step_is_asked_of_people_of_a_provider_too(cast: Cast, provider: Provider) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    provider.person("alice-there", email="alice@example.com")
    go_through(proven(cast.alice), provider, "alice-there", "connect")
    TOTP.activate(cast.alice, generate_totp_secret())
    client = browser()
    assert go_through(client, provider, "alice-there") == reverse("mfa_authenticate")
    assert not is_signed_in(client)


def test_button_shows_only_where_the_provider_is_set_up(provider: Provider, settings: Settings) -> None:
    assert "Continue with Example ID" in browser().get(reverse("account_login")).content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "Continue with" not in browser().get(reverse("account_login")).content.decode()


@pytest.mark.parametrize(
    "variables",
    [
        {"OPENCODE_GITHUB_CLIENT_ID": "x"},
        {"OPENCODE_GOOGLE_CLIENT_SECRET": "x"},
        {"OPENCODE_OIDC_CLIENT_ID": "x", "OPENCODE_OIDC_CLIENT_SECRET": "x"},
    ],
)
def test_half_a_provider_ends_the_start(variables: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="OPENCODE_"):
        read_providers(read_environment(variables))


def test_github_and_google_are_read_from_the_environment() -> None:
    both = {
        f"OPENCODE_{name}_CLIENT_{part}": f"{name} {part}" for name in ("GITHUB", "GOOGLE") for part in ("ID", "SECRET")
    }
    found = read_providers(read_environment({**both, "OPENCODE_GITHUB_URL": "https://git.example/"}))
    assert found["github"]["APPS"] == [{"client_id": "GITHUB ID", "secret": "GITHUB SECRET"}]
    assert found["github"]["GITHUB_URL"] == "https://git.example"
    assert found["google"]["OAUTH_PKCE_ENABLED"]


def test_name_from_a_provider_keeps_what_can_be_seen(provider: Provider) -> None:
    provider.person("1007", email="dave@example.com", name="Dave\u202e\x00 D.")
    go_through(browser(), provider, "1007")
    assert User.objects.get().name == "Dave D."


def three_addresses(*verified: str) -> list[dict[str, object]]:
    """What GitHub answers about somebody with a primary address and two more; it lists unproven ones too."""
    names = ("dave@home.example", "dave@corp.example", "victim@corp.example")
    return [{"email": name, "primary": name == names[0], "verified": name in verified} for name in names]


@pytest.fixture
def come_from_github(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[..., Client]:
    """`come_from_github(addresses)` is the browser of somebody whom GitHub sent back with these addresses."""
    settings.SOCIALACCOUNT_PROVIDERS = read_providers(
        read_environment({"OPENCODE_GITHUB_CLIENT_ID": "console", "OPENCODE_GITHUB_CLIENT_SECRET": "secret"})
    )

    def come(addresses: list[dict[str, object]]) -> Client:
        def answered(adapter: GitHubOAuth2Adapter, request: HttpRequest, *_args: object, **_kwargs: object) -> object:
            told = {"id": 1, "login": "dave", "email": "victim@corp.example", "emails": addresses}
            return adapter.get_provider().sociallogin_from_response(request, told)

        monkeypatch.setattr(
            GitHubOAuth2Adapter, "get_access_token_data", lambda *_args, **_kwargs: {"access_token": "t"}
        )
        monkeypatch.setattr(GitHubOAuth2Adapter, "complete_login", answered)
        client = browser()
        led_to = client.post("/accounts/github/login/")
        address = led_to.headers.get("Location") or html.unescape(str(led_to.content))
        found = re.search(r"state=([^&\"]+)", address)
        assert found is not None
        client.get(f"/accounts/github/login/callback/?code=c&state={found[1]}")
        return client

    return come


Come = Callable[[list[dict[str, object]]], Client]


@pytest.mark.parametrize(
    ("verified", "kept"),
    [
        (("dave@home.example", "dave@corp.example"), ("dave@home.example", True)),
        (("dave@corp.example",), ("dave@corp.example", True)),
        ((), ("dave@home.example", False)),
    ],
)
def test_of_all_addresses_at_github_one_is_kept(
    come_from_github: Come, verified: tuple[str, ...], kept: tuple[str, bool]
) -> None:
    come_from_github(three_addresses(*verified))
    assert list(EmailAddress.objects.values_list("email", "verified")) == [kept]
    assert User.objects.get().email == kept[0]


def test_unproven_address_at_github_opens_no_policy(come_from_github: Come, settings: Settings) -> None:
    settings.SIGNUP_POLICY, settings.SIGNUP_DOMAINS = "domain", frozenset({"corp.example"})
    unproven = {"email": "victim@corp.example", "primary": True, "verified": False}
    come_from_github([unproven, {"email": "dave@home.example", "primary": False, "verified": True}])
    assert not User.objects.exists()


def test_further_addresses_of_before_are_dropped(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.alice, email="more@example.com", verified=True)
    EmailAddress.objects.filter(user=cast.bob).update(primary=False)
    import_module("accounts.migrations.0009_one_address_a_person").drop(apps, None)
    left = set(EmailAddress.objects.values_list("email", flat=True))
    assert left == {f"{name}@example.com" for name in ("alice", "bob", "carol", "charlie")}
