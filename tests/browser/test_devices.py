"""An agent is let in by code, listed and revoked; every page fits a phone and is accessible in light and dark."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.support.browser import DESKTOP, PHONE
from tests.support.devices import AGENT, CLIENT_ID, DEVICE_GRANT
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
VIEWS = [
    pytest.param({"viewport": DESKTOP, "color_scheme": "light"}, "desktop", id="desktop"),
    pytest.param({"viewport": PHONE, "color_scheme": "dark"}, "phone-dark", id="phone-dark"),
]


class WireAgent:
    """The agent's side, over HTTP."""

    def __init__(self, server: ConsoleServer) -> None:
        self._url = server.url
        self.codes = self._post("/auth/device/code").json()

    def poll(self) -> httpx.Response:
        return self._post("/auth/device/token", grant_type=DEVICE_GRANT, device_code=self.codes["device_code"])

    def whoami(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": AGENT}
        return httpx.get(f"{self._url}/api/user", headers=headers, trust_env=False).status_code

    def _post(self, path: str, **fields: str) -> httpx.Response:
        headers = {"User-Agent": AGENT}
        body = {"client_id": CLIENT_ID, **fields}
        return httpx.post(self._url + path, json=body, headers=headers, trust_env=False)


def is_wider_than_shown(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize(("options", "name"), VIEWS)
def test_agent_is_let_in_listed_and_revoked(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str], options: dict[str, object], name: str
) -> None:
    agent = WireAgent(console_server)
    watched = open_page(console_server.url + agent.codes["verification_uri_complete"], **options)
    page, found = watched.page, []

    def look(what: str) -> None:
        watched.screenshot(f"device-{what}-{name}")
        found.extend(violations(page))
        assert not is_wider_than_shown(page), what

    page.get_by_label("E-mail").fill(alice["email"])
    page.get_by_label("Password").fill(alice["password"])
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect this agent?")
    expect(page.get_by_text(agent.codes["user_code"], exact=True)).to_be_visible()
    look("confirm")
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="The codes match, connect").click()
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="The codes match, connect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Agent connected")
    look("answered")
    token = agent.poll().json()["access_token"]
    assert agent.whoami(token) == 200

    page.get_by_role("link", name="Your devices").click()
    expect(page.get_by_role("row").filter(has_text="laptop")).to_contain_text("opencode/1.18.33")
    look("list")
    page.get_by_role("link", name="Revoke laptop").click()
    look("revoke")
    page.get_by_role("button", name="Revoke the device").click()
    expect(page.get_by_role("row").filter(has_text="laptop")).to_contain_text("Revoked")
    assert agent.whoami(token) == 401

    page.goto(f"{console_server.url}/device")
    page.get_by_label("Code").fill(agent.codes["user_code"].lower())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("No agent is waiting with this code")).to_be_visible()
    expect(page.get_by_label("Code")).to_have_value(agent.codes["user_code"].lower())
    look("unknown-code")
    assert found == []
    refused = [complaint for complaint in watched.complaints if "422" not in complaint]
    assert refused == []


def test_person_without_devices_learns_what_to_type(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    watched = open_page(console_server.url)
    sign_in(watched.page, alice)
    watched.page.goto(f"{console_server.url}/accounts/devices/")
    expect(watched.page.get_by_text(f"opencode console login {console_server.url}")).to_be_visible()
    watched.screenshot("device-list-empty")
    assert violations(watched.page) == []
