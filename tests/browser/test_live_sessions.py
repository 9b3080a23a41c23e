"""The workspace's own pages while an agent works with a share token in its path."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, sign_in
from tests.support.browser import PHONE
from tests.support.live import LIVE_MS, has_marker, put_marker, wait_until_live
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
WITH_DIFFS = "share_1.14.34_with_diffs.jsonl"


def test_sessions_page_shows_a_session_as_it_begins_and_goes_on(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    watched = open_page(console_server.url)
    page = watched.page
    sign_in(page, alice)
    put_marker(page)
    agent = RecordedAgent(f"{console_server.url}/w/{alice['token']}", WITH_DIFFS)
    agent.play(2)
    row = page.locator("#session-list tbody tr")
    expect(row).to_have_count(1, timeout=LIVE_MS)
    expect(row).to_contain_text("Fake title", timeout=LIVE_MS)
    expect(row).to_contain_text("fake-1")
    expect(row).to_contain_text("$0.000022")
    agent.play_rest()
    expect(row).to_contain_text("$0.000066", timeout=LIVE_MS)
    watched.screenshot("sessions-live")
    assert has_marker(page)
    assert watched.complaints == []


def test_session_page_of_a_workspace_is_live_too(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    agent = RecordedAgent(f"{console_server.url}/w/{alice['token']}", WITH_DIFFS)
    agent.play(2)
    watched = open_page(console_server.url)
    page = watched.page
    sign_in(page, alice)
    page.get_by_role("link", name="Fake title").click()
    wait_until_live(page)
    put_marker(page)
    agent.play_rest()
    expect(page.get_by_text("The tool has run; done.")).to_be_visible(timeout=LIVE_MS)
    assert has_marker(page)
    watched.screenshot("session-live")
    assert watched.complaints == []


def test_sessions_page_on_a_phone_scrolls_down_only(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    RecordedAgent(f"{console_server.url}/w/{alice['token']}", WITH_DIFFS).play_rest()
    watched = open_page(console_server.url, viewport=PHONE, is_mobile=True, has_touch=True)
    sign_in(watched.page, alice)
    watched.screenshot("sessions-phone")
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
