"""A key's life: looked at, rotated, found in a log, ended; and what the audit log says of it."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.support.browser import PHONE, WatchedPage
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]


def looked_at(watched: WatchedPage, name: str) -> None:
    """In light, dark and on a phone; axe finds nothing."""
    page = watched.page
    watched.screenshot(name)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    watched.screenshot(f"{name}-dark")
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
    before = page.viewport_size
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    watched.screenshot(f"{name}-phone")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.set_viewport_size(before or PHONE)


def rotated(page: Page, watched: WatchedPage) -> str:
    """The new secret, from the page that shows it once."""
    page.get_by_role("link", name="Rotate").click()
    looked_at(watched, "key-rotate")
    page.get_by_label("7 days").check()
    page.get_by_role("button", name="Rotate tests").click()
    expect(page.get_by_text("keeps working for 7 days")).to_be_visible()
    watched.screenshot("key-rotated")
    return page.locator("#secret").inner_text()


def test_a_key_is_rotated_found_in_a_log_and_ended_and_the_log_knows(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    workspace = f"{console_server.url}/workspaces/{alice['slug']}"
    watched = open_page(console_server.url)
    page = watched.page
    sign_in(page, alice)
    page.get_by_role("link", name="Keys").click()
    page.get_by_role("link", name="tests", exact=True).click()
    looked_at(watched, "key-unused")
    secret = rotated(page, watched)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="tests", exact=True).first.click()
    expect(page.get_by_role("heading", name="Rotation")).to_be_visible()
    page.get_by_role("spinbutton", name="Monthly limit").fill("12.50")
    page.get_by_role("button", name="Save the limit").click()
    expect(page.get_by_text("$12.50")).to_be_visible()
    looked_at(watched, "key-after-rotation")

    page.goto(f"{workspace}/keys/check/")
    page.get_by_label("Text").fill(f"GET / 401 {secret}\nGET / 401 {alice['token']}\nGET / 401 {secret[:-1]}")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", name="Found 3")).to_be_visible()
    looked_at(watched, "key-check")
    page.get_by_role("button", name="Revoke tests now").first.click()
    expect(page.get_by_text("is revoked.")).to_be_visible()

    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("row", name="revoked an API key")).to_contain_text("alice")
    looked_at(watched, "audit")
    page.get_by_label("Action").select_option("key.rotate")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as started:
        page.get_by_role("button", name="Export CSV").click()
    rows = list(csv.DictReader(Path(started.value.path()).read_text().splitlines()))
    assert [row["action"] for row in rows] == ["key.rotate"]
    page.get_by_label("Who", exact=True).fill("nobody at all")
    page.get_by_role("button", name="Filter").click()
    looked_at(watched, "audit-nothing")
    assert watched.complaints == []
