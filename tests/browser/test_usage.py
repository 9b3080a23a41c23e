"""The Usage page in a browser: empty and full, wide and on a phone, light and dark, by mouse and by keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.support.browser import DESKTOP, PHONE, WatchedPage
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
OCTOBER = "?month=2026-10"


def usage_of(server: ConsoleServer, open_page: OpenPage, person: dict[str, str], scheme: str = "light") -> WatchedPage:
    watched = open_page(server.url, color_scheme=scheme)
    sign_in(watched.page, person)
    watched.page.get_by_role("link", name="Usage").click()
    expect(watched.page.get_by_role("heading", level=1)).to_have_text("Usage")
    return watched


def is_too_wide(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_yet_says_what_to_do(console_server: ConsoleServer, open_page: OpenPage, scheme: str) -> None:
    watched = usage_of(console_server, open_page, console_server.ask("tests.support.seed"), scheme)
    page = watched.page
    watched.screenshot(f"usage-empty-{scheme}")
    assert violations(page) == []
    page.get_by_role("link", name="Reported").first.click()
    expect(page.get_by_text("No session has reported a cost yet")).to_be_visible()
    page.set_viewport_size(PHONE)
    watched.screenshot(f"usage-empty-phone-{scheme}")
    assert not is_too_wide(page)
    assert (violations(page), watched.complaints) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_full_page_is_readable_everywhere(console_server: ConsoleServer, open_page: OpenPage, scheme: str) -> None:
    watched = usage_of(console_server, open_page, console_server.ask("tests.browser.usage_seed"), scheme)
    page = watched.page
    page.goto(f"{page.url}{OCTOBER}")
    expect(page.get_by_role("row", name="Thu 1 Oct")).to_be_visible()
    expect(page.locator(".chart-wide svg g")).to_have_count(31)
    watched.screenshot(f"usage-{scheme}")
    assert (is_too_wide(page), violations(page)) == (False, [])
    page.set_viewport_size(PHONE)
    expect(page.locator(".chart-wide svg")).to_be_hidden()
    expect(page.locator(".chart-phone svg g")).to_have_count(10)
    watched.screenshot(f"usage-phone-{scheme}")
    assert (is_too_wide(page), violations(page)) == (False, [])
    page.set_viewport_size(DESKTOP)
    page.goto(f"{page.url.split('?')[0]}?since=2026-09-28&until=2026-10-31&by=member")
    watched.screenshot(f"usage-range-{scheme}")
    assert watched.complaints == []


def test_days_are_reached_by_keyboard_and_ranges_kept_in_the_address(
    console_server: ConsoleServer, open_page: OpenPage, tmp_path: Path
) -> None:
    watched = usage_of(console_server, open_page, console_server.ask("tests.browser.usage_seed"))
    page = watched.page
    page.goto(f"{page.url}{OCTOBER}")
    page.get_by_role("link", name="Model", exact=True).focus()
    for _ in ("Key", "Member", "the first day"):
        page.keyboard.press("Tab")
    day = page.locator(".chart-wide svg g").first
    expect(day).to_be_focused()
    expect(day).to_have_attribute("aria-label", re.compile(r"^Thursday 1 October: \$50\.06, "))
    page.get_by_label("From", exact=True).fill("2026-10-05")
    page.get_by_label("To", exact=True).fill("2026-10-07")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(5)
    assert "since=2026-10-05" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    download.value.save_as(tmp_path / "usage.csv")
    assert len((tmp_path / "usage.csv").read_text().splitlines()) == 1 + 3 * 9
    page.get_by_label("To", exact=True).fill("2026-10-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Choose a day that is not before the first.")).to_be_visible()
    watched.screenshot("usage-range-refused")
