"""A new person: sign up, confirm the mail, land in a first workspace that says how to connect an agent."""

import re
import sqlite3

import pytest
from playwright.sync_api import expect

from opencode.settings.sources.datadir import DATABASE_NAME
from tests.browser.conftest import OpenPage, sign_in
from tests.support.browser import DESKTOP, PHONE
from tests.support.processes import wait_until
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser
CONFIRM_LINK = re.compile(r"http://\S+/accounts/confirm-email/\S+")


def become_owner(console_server: ConsoleServer, open_page: OpenPage) -> None:
    link = re.search(r"http://\S+/accounts/first-owner/\S+", console_server.log)
    assert link is not None
    page = open_page(link[0]).page
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_label("Password").fill("a long pass phrase 9")
    page.get_by_label("Password").press("Enter")
    page.wait_for_url("**/workspaces/*/")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_fresh_console_sends_whoever_comes_to_the_owners_link(
    console_server: ConsoleServer, open_page: OpenPage, size: dict[str, int]
) -> None:
    watched = open_page(console_server.url, viewport=size)
    expect(watched.page.locator("#owner-first")).to_contain_text("manage.py first_owner")
    watched.screenshot(f"owner-first-sign-in-{size['width']}")
    watched.page.goto(f"{console_server.url}/accounts/signup/")
    expect(watched.page.locator("#owner-first")).to_contain_text("in the terminal")
    watched.screenshot(f"owner-first-sign-up-{size['width']}")
    assert watched.complaints == []


def test_signed_up_person_learns_how_to_connect_an_agent(console_server: ConsoleServer, open_page: OpenPage) -> None:
    become_owner(console_server, open_page)
    watched = open_page(console_server.url)
    page = watched.page
    page.get_by_role("link", name="sign up").click()
    page.get_by_label("E-mail").fill("dora@example.com")
    page.get_by_label("Password").fill("a long pass phrase 9")
    watched.screenshot("sign-up")
    page.get_by_label("Password").press("Enter")
    found = wait_until(lambda: CONFIRM_LINK.search(console_server.log), "the mail is in the server's log")

    page.goto(found[0])
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/workspaces/dora/")
    watched.screenshot("overview-empty")
    page.get_by_role("link", name="Connect an agent").click()
    expect(page.locator("#login-command")).to_contain_text(f"opencode console login {console_server.url}")
    page.goto(f"{console_server.url}/workspaces/dora/sessions/")
    empty = page.locator("#session-list")
    expect(empty).to_contain_text("No sessions yet")
    expect(empty).to_contain_text(f"{console_server.url}/w/")
    expect(empty).to_contain_text('opencode run "hello"')
    watched.screenshot("sessions-empty")
    assert watched.complaints == []


def test_first_owner_link_signs_in_once(console_server: ConsoleServer, open_page: OpenPage) -> None:
    link = re.search(r"http://\S+/accounts/first-owner/\S+", console_server.log)
    assert link is not None
    become_owner(console_server, open_page)
    again = open_page(link[0]).page
    expect(again.get_by_label("Password")).to_have_count(0)


@pytest.mark.embedded
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_form_that_met_a_locked_database_is_sent_again(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str], size: dict[str, int]
) -> None:
    watched = open_page(f"{console_server.url}/accounts/login/", viewport=size)
    page = watched.page
    sign_in(page, alice)
    page.goto(f"{console_server.url}/workspaces/{alice['slug']}/invitations/new/")
    page.get_by_label("E-mail").fill("dora@example.com")
    other = sqlite3.connect(console_server.data_dir / DATABASE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Service unavailable")
    other.execute("ROLLBACK")
    other.close()
    watched.screenshot(f"database-busy-{size['width']}")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("#link")).to_contain_text("/workspaces/invitations/")
