"""Making and ending a share link, deleting a session and its receipt, in a real browser; every page fits a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import SCHEMES, violations
from tests.support.browser import DESKTOP, PHONE
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser


def width(page: Page) -> int:
    """How far the page reaches to the right, what scrolls inside of it included."""
    return int(
        page.evaluate(
            "Math.max(document.documentElement.scrollWidth,"
            "...[...document.querySelectorAll('.table-wrap')].map((each) => each.scrollWidth))"
        )
    )


def test_link_is_made_and_ended_and_the_session_deleted_on_a_phone(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    alice = console_server.ask("tests.support.seed")
    console_server.ask("tests.browser.history_seed")
    workspace = f"{console_server.url}/workspaces/{alice['slug']}"
    watched = open_page(console_server.url, viewport=PHONE)
    page = watched.page
    widths: dict[str, int] = {}

    def seen(name: str) -> None:
        watched.screenshot(f"{name}-phone")
        widths[name] = width(page)

    sign_in(page, alice)
    page.goto(f"{workspace}/sessions/ses_1/shares/new/")
    seen("share-new")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_role("heading", name="Link created")).to_be_visible()
    seen("share-made")
    page.get_by_role("link", name="Revoke").first.click()
    expect(page.get_by_role("heading", name="Revoke a share link")).to_be_visible()
    seen("share-end")
    page.get_by_role("button", name="Revoke this link").click()
    expect(page.get_by_text("is revoked.")).to_be_visible()
    seen("share-ended")

    page.get_by_role("button", name="More of this session").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("textbox").fill("something else")
    page.get_by_role("button", name="Delete this session").click()
    expect(page.locator(".field-error, .errorlist, [aria-invalid=true]").first).to_be_visible()
    seen("delete-refused")
    page.get_by_role("textbox").fill("ses_1")
    page.get_by_role("button", name="Delete this session").click()
    expect(page.get_by_role("row").filter(has_text="ses_1")).to_contain_text("Being checked")
    seen("receipts")
    expect(page.get_by_role("columnheader", name="Snapshots")).to_have_count(1)
    assert {name: found for name, found in widths.items() if found > PHONE["width"]} == {}
    assert [complaint for complaint in watched.complaints if "422" not in complaint] == []


def test_forms_and_receipts_are_accessible(console_server: ConsoleServer, open_page: OpenPage) -> None:
    alice = console_server.ask("tests.support.seed")
    console_server.ask("tests.browser.history_seed")
    workspace = f"{console_server.url}/workspaces/{alice['slug']}"
    watched = open_page(console_server.url)
    page = watched.page
    sign_in(page, alice)
    page.goto(f"{workspace}/sessions/ses_1/shares/new/")
    page.get_by_role("button", name="Create link").click()
    end = page.get_by_role("link", name="Revoke").first.get_attribute("href")
    made = page.url.partition("?")[0]
    found: dict[str, list[str]] = {}

    def look(path: str, name: str) -> None:
        page.goto(path if path.startswith("http") else f"{console_server.url}{path}")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            watched.screenshot(f"{name}-{scheme}")
            found[f"{name} {scheme}"] = violations(page)

    look(f"{workspace}/sessions/ses_1/shares/new/", "share-new")
    look(made, "share-link")
    look(f"{workspace}/links/", "links")
    look(f"{workspace}/links/rules/", "link-rules")
    look(f"{workspace}/connect/", "connect")
    look(f"{workspace}/sessions/ses_1/?shares", "session-shares")
    look(str(end), "share-end")
    look(f"{workspace}/deletions/", "receipts-empty")
    look(f"{workspace}/sessions/ses_1/delete/", "delete")
    console_server.manage("session_cool", "ses_1")
    look(f"{workspace}/sessions/", "sessions-cold")
    expect(page.get_by_role("row").filter(has_text="Fix the retry")).to_contain_text("cold")
    look(f"{workspace}/sessions/ses_1/", "session-back-from-cold")
    page.get_by_role("button", name="More of this session").click()
    expect(page.get_by_text("back from cold storage")).to_be_visible()
    console_server.manage("session_purge", "ses_1")
    look(f"{workspace}/deletions/", "receipts")
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
def test_tables_of_credentials_never_scroll_sideways(
    shared_server: ConsoleServer, open_page: OpenPage, shared_alice: dict[str, str], viewport: dict[str, int]
) -> None:
    workspace = f"{shared_server.url}/workspaces/{shared_alice['slug']}"
    watched = open_page(shared_server.url, viewport=viewport)
    sign_in(watched.page, shared_alice)
    widths: dict[str, int] = {}
    for name, address in (
        ("keys", f"{workspace}/keys/"),
        ("tokens", f"{workspace}/tokens/"),
    ):
        watched.page.goto(address)
        watched.screenshot(f"{name}-{viewport['width']}")
        widths[name] = width(watched.page)
        assert violations(watched.page) == []
    assert {name: found for name, found in widths.items() if found > viewport["width"]} == {}
