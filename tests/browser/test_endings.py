"""A page that is open when its right ends says why, offers a next step, and no longer says that anything runs."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.support.live import LIVE_MS, has_marker, put_marker, wait_until_live
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
RECORDING = "share_1.18.33.jsonl"


def expect_ended(page: Page, heading: str, step: str) -> None:
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text(heading, timeout=LIVE_MS)
    expect(banner.get_by_role("link", name=step)).to_be_visible()
    expect(banner).to_have_count(1)
    expect(page.locator("#content").get_by_text("running", exact=True)).to_have_count(0)
    expect(page.locator(".turn-working:visible")).to_have_count(0)
    assert has_marker(page)


def test_reader_of_a_revoked_link_is_told_and_keeps_what_was_shown(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    agent = RecordedAgent(console_server.url, RECORDING)
    agent.play(2)
    watched = open_page(agent.link)
    page = watched.page
    wait_until_live(page)
    put_marker(page)
    expect(page.locator(".session-state .state")).to_have_text("running")
    agent.unshare()
    expect_ended(page, "This link no longer works. It was revoked, or the session was deleted.", "What this means")
    expect(page.locator(".turn-user")).to_be_visible()
    watched.screenshot("ended-link")
    assert violations(page) == []


def test_member_whose_browser_was_signed_out_elsewhere_is_told(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    RecordedAgent(f"{console_server.url}/w/{alice['token']}", RECORDING).play(2)
    watched = open_page(console_server.url)
    page = watched.page
    sign_in(page, alice)
    other = page.context.new_page()
    other.goto(page.url)
    page.locator("#session-list tbody a").click()
    wait_until_live(page)
    put_marker(page)
    put_marker(other)
    third = page.context.new_page()
    third.goto(other.url)
    third.get_by_role("button", name="Sign out").click()
    expect_ended(page, "You are signed out.", "Sign in")
    other.bring_to_front()
    expect_ended(other, "You are signed out.", "Sign in")
    watched.screenshot("ended-member")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert violations(other) == []
