"""The history of a session in a real browser: every page fits a phone, and a restore is two clicks."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, sign_in
from tests.support.browser import PHONE
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser


def test_history_is_read_and_restored(console_server: ConsoleServer, open_page: OpenPage) -> None:
    alice = console_server.ask("tests.support.seed")
    history = console_server.ask("tests.browser.history_seed")["path"]
    watched = open_page(console_server.url, viewport=PHONE)
    page = watched.page
    sign_in(page, alice)
    page.goto(console_server.url + history)
    watched.screenshot("history-phone")
    widths = [page.evaluate("document.documentElement.scrollWidth")]

    page.get_by_role("row").last.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("-Why does it fail?")).to_be_visible()
    watched.screenshot("history-compare-phone")
    widths.append(page.evaluate("document.documentElement.scrollWidth"))

    page.get_by_role("link", name="This snapshot").click()
    expect(page.get_by_text("This is the session as it was")).to_be_visible()
    watched.screenshot("history-snapshot-phone")
    widths.append(page.evaluate("document.documentElement.scrollWidth"))

    page.get_by_role("link", name="Restore…").click()
    watched.screenshot("history-restore-phone")
    widths.append(page.evaluate("document.documentElement.scrollWidth"))
    page.get_by_role("button", name="Restore this session").click()
    expect(page.get_by_text("To undo this, restore the snapshot")).to_be_visible()
    page.get_by_role("link", name="Conversation").click()
    expect(page.locator("article").get_by_text("Why does it fail?")).to_be_visible()
    assert max(widths) <= PHONE["width"]
    assert watched.complaints == []
