"""How people sign in, in a real browser: authenticator app, recovery codes, passkeys, another provider."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.support.browser import PHONE
from tests.support.fixtures import StartServer
from tests.support.oidc import oidc_provider
from tests.support.processes import wait_until
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser

PASSWORD = "a long pass phrase 9"
PERIOD = 30
CONFIRM_LINK = re.compile(r"http://\S+/accounts/confirm-email/\S+")


def totp_code(secret: str) -> str:
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD))


def sign_up(page: Page, server: ConsoleServer, email: str) -> None:
    page.goto(f"{server.url}/accounts/signup/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url("**/confirm-email/")
    found = wait_until(lambda: CONFIRM_LINK.search(server.log), "the mail is in the server's log")
    page.goto(found[0])
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/workspaces/*/")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def prove(page: Page) -> None:
    """The page that asks whether it is still the same person."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


@pytest.mark.usefixtures("alice")  # whoever comes first must be the owner
def test_authenticator_app_and_recovery_code(console_server: ConsoleServer, open_page: OpenPage) -> None:
    watched = open_page(console_server.url)
    page = watched.page
    sign_up(page, console_server, "dora@example.com")
    page.goto(f"{console_server.url}/accounts/2fa/")
    watched.screenshot("security-empty")
    page.get_by_role("link", name="Set up").click()
    watched.screenshot("reauthenticate")
    prove(page)
    secret = page.locator("#totp-secret").inner_text()
    watched.screenshot("totp-set-up")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    watched.screenshot("totp-set-up-error")
    page.get_by_label("Code").fill(totp_code(secret))
    page.get_by_role("button", name="Turn on").click()
    codes = page.locator("#recovery-codes").inner_text().split()
    assert len(codes) == 10
    watched.screenshot("recovery-codes")
    page.get_by_role("link", name="I have saved them").click()
    watched.screenshot("security-with-app")
    page.goto(console_server.url)
    sign_out(page)

    sign_in(page, "dora@example.com")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    watched.screenshot("second-step")
    assert violations(page) == []
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/workspaces/*/")
    assert watched.complaints == []


@pytest.mark.usefixtures("alice")
def test_passkey_signs_in_alone(console_server: ConsoleServer, open_page: OpenPage) -> None:
    """Browsers keep passkeys by name: on an address of digits there are none."""
    address = console_server.url.replace("127.0.0.1", "localhost")
    watched = open_page(console_server.url)
    page = watched.page
    sign_up(page, console_server, "dora@example.com")
    page.goto(f"{address}/accounts/login/")
    sign_in(page, "dora@example.com")
    page.wait_for_url("**/workspaces/*/")
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    keys.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{address}/accounts/2fa/webauthn/add/")
    prove(page)
    page.get_by_label("Name").fill("laptop")
    watched.screenshot("passkey-add")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_text("works without a password")).to_be_visible()
    watched.screenshot("security-with-passkey")
    assert violations(page) == []
    page.goto(address)
    sign_out(page)

    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/workspaces/*/")
    page.goto(f"{address}/accounts/2fa/")
    expect(page.get_by_text("last used")).to_be_visible()
    sign_out_page = f"{address}/accounts/logout/"
    page.goto(sign_out_page)
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, "dora@example.com")
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.wait_for_url("**/workspaces/*/")
    assert watched.complaints == []


def test_provider_signs_up_and_in(start_server: StartServer, open_page: OpenPage) -> None:
    with oidc_provider() as provider:
        provider.person("dora-there", email="dora@example.com", email_verified=True, name="Dora")
        server = start_server(
            environment={
                "OPENCODE_OIDC_ISSUER": provider.issuer,
                "OPENCODE_OIDC_CLIENT_ID": "console",
                "OPENCODE_OIDC_CLIENT_SECRET": "secret",
                "OPENCODE_OIDC_NAME": "Example ID",
                "OPENCODE_OIDC_TRUST_EMAIL": "true",
            }
        )
        server.ask("tests.support.seed")  # whoever comes first must be the owner
        watched = open_page(f"{server.url}/accounts/login/")
        page = watched.page
        watched.screenshot("sign-in-with-provider")
        assert violations(page) == []
        for _ in range(2):
            page.get_by_role("button", name="Continue with Example ID").click()
            page.wait_for_url(f"{provider.issuer}/**")
            page.locator("input[name=sub]").first.fill("dora-there")
            page.get_by_role("button", name="Authorize").first.click()
            page.wait_for_url("**/workspaces/*/")
            page.goto(f"{server.url}/accounts/3rdparty/")
            expect(page.get_by_text("Example ID").first).to_be_visible()
            watched.screenshot("linked-accounts")
            page.goto(server.url)
            sign_out(page)
    # The provider's own page lacks a style sheet and an icon; what our policy stops would be told as such.
    assert [words for words in watched.complaints if "Failed to load resource" not in words] == []


def test_own_settings_in_every_light(console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]) -> None:
    """Pages of a person's own settings on a telephone, in the dark: nothing wider than the screen, nothing for axe."""
    watched = open_page(f"{console_server.url}/accounts/login/", viewport=PHONE, color_scheme="dark")
    page = watched.page
    watched.screenshot("sign-in-phone-dark")
    page.get_by_label("E-mail").fill(alice["email"])
    page.get_by_label("Password").fill(alice["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/workspaces/*/")
    found = {}
    for path in ("profile/", "email/", "password/change/", "2fa/", "3rdparty/", "sessions/", "devices/"):
        page.goto(f"{console_server.url}/accounts/{path}")
        watched.screenshot(f"account-{path}phone-dark")
        width = page.evaluate("document.documentElement.scrollWidth")
        found[path] = [*violations(page), *([f"{width} px wide"] if width > PHONE["width"] else [])]
    assert {path: problems for path, problems in found.items() if problems} == {}
    assert watched.complaints == []
