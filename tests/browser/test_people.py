"""A team comes together and parts: invite, sign up, accept, change a role, remove; and the way out with one's data."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.support.browser import DESKTOP, PHONE
from tests.support.fixtures import StartServer
from tests.support.live import LIVE_MS, wait_until_live
from tests.support.processes import wait_until
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser
PASSWORD = "a long pass phrase 9"


def link_in_log(server: ConsoleServer, beginning: str) -> str:
    """The newest link of our site in a mail, which goes to the server's log."""
    pattern = re.compile(rf"{server.url}{beginning}[\w:-]+/")
    found = wait_until(lambda: pattern.findall(server.log), f"a mail with a link to {beginning}", 20)
    return str(found[-1])


def test_invited_person_joins_and_loses_everything_open_when_removed(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    workspace = f"{console_server.url}/workspaces/{alice['slug']}"
    agent = RecordedAgent(f"{console_server.url}/w/{alice['token']}", "share_1.18.33.jsonl")
    agent.play_rest()
    hers = open_page(console_server.url)
    sign_in(hers.page, alice)
    hers.page.get_by_role("link", name="Members").click()
    hers.page.get_by_role("link", name="Invite", exact=True).click()
    hers.page.get_by_label("E-mail").fill("dora@example.com")
    hers.page.get_by_role("button", name="Send the invitation").click()
    expect(hers.page.locator("#link")).to_contain_text("/workspaces/invitations/")
    expect(hers.page.get_by_text("no mail server is set up")).to_be_visible()
    hers.screenshot("invitation-link")
    hers.page.set_viewport_size(PHONE)
    hers.screenshot("invitation-link-phone")
    hers.page.set_viewport_size(DESKTOP)
    hers.page.get_by_role("link", name="Done").click()
    expect(hers.page.get_by_role("row", name="dora@example.com")).to_contain_text("Waiting")
    hers.screenshot("invitations-waiting")

    doras = open_page(link_in_log(console_server, "/workspaces/invitations/"))
    page = doras.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Join Alpha")
    doras.screenshot("invitation-stranger")
    page.set_viewport_size(PHONE)
    doras.screenshot("invitation-stranger-phone")
    page.set_viewport_size(DESKTOP)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up and join").click()
    expect(page.get_by_text("You are a member of Alpha now.")).to_be_visible()
    page.goto(f"{workspace}/sessions/{agent.session_id}/")
    wait_until_live(page)

    hers.page.goto(f"{workspace}/members/")
    hers.page.get_by_role("link", name="Manage dora").click()
    hers.page.get_by_label("admin").check()
    hers.page.get_by_role("spinbutton", name="Monthly limit").fill("12.50")
    hers.page.get_by_role("button", name="Save").click()
    expect(hers.page.get_by_role("row", name="dora@example.com")).to_contain_text("Admin")
    expect(hers.page.get_by_role("row", name="dora@example.com")).to_contain_text("$12.50")
    hers.page.get_by_role("link", name="Manage dora").click()
    hers.page.get_by_role("link", name="Remove").click()
    hers.screenshot("member-remove")
    hers.page.get_by_role("button", name="Remove dora").click()
    expect(hers.page.get_by_role("row", name="dora@example.com")).to_have_count(0)
    expect(page.locator("[data-connection]")).not_to_have_attribute("data-state", "live", timeout=LIVE_MS)
    doras.screenshot("session-of-a-removed-member")
    assert hers.complaints == []


def test_search_finds_among_many_without_a_reload(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server()
    alice = server.ask("tests.browser.people_seed")
    for name, options in (("members", {}), ("members-phone", {"viewport": PHONE})):
        watched = open_page(server.url, **options)
        sign_in(watched.page, alice)
        watched.page.goto(f"{server.url}/workspaces/{alice['slug']}/members/")
        watched.screenshot(f"{name}-many")
        watched.page.evaluate("window.neverReloaded = true")
        watched.page.get_by_label("Search people").fill("PERSON 042")
        expect(watched.page.get_by_role("row", name="person042@example.com")).to_be_visible()
        expect(watched.page.get_by_role("row", name="person041@example.com")).to_have_count(0)
        assert watched.page.evaluate("window.neverReloaded === true")
        assert watched.complaints == []


def test_person_takes_their_data_along_leaves_and_comes_back(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(with_worker=True)
    alice = server.ask("tests.support.seed")
    watched = open_page(server.url)
    page = watched.page
    sign_in(page, alice)
    page.goto(f"{server.url}/accounts/data/")
    page.get_by_role("button", name="Export my data").click()
    download = page.get_by_role("link", name="Download")
    expect(download).to_be_visible(timeout=LIVE_MS)
    watched.screenshot("export-ready")
    assert violations(page) == []
    with page.expect_download() as started:
        download.click()
    assert "profile.json" in zipfile.ZipFile(started.value.path()).namelist()

    page.goto(f"{server.url}/accounts/delete/")
    page.get_by_label("Password").fill(alice["password"])
    page.get_by_label("Password").press("Enter")
    page.get_by_label("Type your e-mail address").fill(alice["email"])
    watched.screenshot("account-delete")
    assert violations(page) == []
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    watched.screenshot("account-deleted")
    assert violations(page) == []
    page.goto(link_in_log(server, "/accounts/restore/"))
    page.get_by_role("button", name="Restore my account").click()
    sign_in(page, alice)
    expect(page).to_have_url(re.compile("/workspaces/alpha/$"))
    assert watched.complaints == []
