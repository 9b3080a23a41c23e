"""Support staff block a workspace in the admin, without a script; the page that asks why is looked at."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.support.browser import PHONE, WatchedPage
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser
REASON = "abuse report 4711"


@pytest.fixture
def staffed(console_server: ConsoleServer) -> dict[str, Any]:
    found: dict[str, Any] = console_server.ask("tests.browser.staff_seed")
    return found


def looked_at(watched: WatchedPage, name: str) -> None:
    """In light, dark and on a phone; axe finds nothing in what is ours of the page."""
    page = watched.page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        watched.screenshot(f"{name}-{scheme}")
        assert Axe().run(page, context="#content").response["violations"] == []
    page.emulate_media(color_scheme="light")
    before = page.viewport_size
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    watched.screenshot(f"{name}-phone")
    page.set_viewport_size(before or PHONE)


def choose(page: Page, act: str) -> None:
    page.locator("input.action-select").first.check()
    page.get_by_label("Action:").select_option(label=act)
    page.get_by_role("button", name="Go").click()


def test_workspace_is_blocked_without_a_script(
    console_server: ConsoleServer, staffed: dict[str, Any], open_page: OpenPage
) -> None:
    owner = open_page(console_server.url).page
    sign_in(owner, staffed)
    page = open_page(f"{console_server.url}/admin/workspaces/workspace/", java_script_enabled=False).page
    sign_in_staff(page, staffed)
    choose(page, "Block the chosen workspaces")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Block the chosen workspaces").click()
    expect(page.get_by_text("done. Block the chosen workspaces")).to_be_visible()
    owner.reload()
    expect(owner.get_by_role("heading", name="Forbidden", level=1)).to_be_visible()
    expect(owner.get_by_text("This workspace is blocked")).to_be_visible()


def test_page_that_asks_why_is_accessible(
    console_server: ConsoleServer, staffed: dict[str, Any], open_page: OpenPage
) -> None:
    watched = open_page(f"{console_server.url}/admin/workspaces/workspace/")
    sign_in_staff(watched.page, staffed)
    watched.screenshot("staff-list")
    choose(watched.page, "Block the chosen workspaces")
    looked_at(watched, "staff-act")
    watched.page.get_by_label("Reason").fill(" ")
    watched.page.get_by_role("button", name="Block the chosen workspaces").click()
    looked_at(watched, "staff-act-refused")
    assert [said for said in watched.complaints if said.startswith("script error")] == []


def sign_in_staff(page: Page, staffed: dict[str, Any]) -> None:
    page.get_by_label("E-mail").fill(staffed["support"]["email"])
    page.get_by_label("Password").fill(staffed["support"]["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/admin/**")
