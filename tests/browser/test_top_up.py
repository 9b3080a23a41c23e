"""A top-up in a browser, with test payments beside a running console: pay, come back, see the credit arrive."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.support.browser import DESKTOP, PHONE
from tests.support.fixtures import copied_server
from tests.support.processes import free_port
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser
SECONDS = 30_000


@pytest.fixture(scope="module")
def paid_console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    """With test payments and a worker."""
    environment = {"OPENCODE_PAYMENTS": "test", "OPENCODE_TEST_PAYMENTS_PORT": str(free_port())}
    folder = tmp_path_factory.mktemp("paid") / "console"
    with copied_server(prepared_data, folder, with_worker=True, environment=environment) as server:
        yield server
    if server.stack is not None:
        server.stack.discard()


def is_too_wide(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return found


def test_a_top_up_is_paid_and_credited_live(paid_console: ConsoleServer, open_page: OpenPage) -> None:
    person = paid_console.ask("tests.support.seed")
    watched = open_page(paid_console.url)
    page = watched.page
    sign_in(page, person)
    page.goto(f"{paid_console.url}/workspaces/{person['slug']}/billing/topup/")
    page.get_by_role("link", name="$50", exact=True).click()
    expect(page.get_by_text("$52.62")).to_be_visible()
    watched.screenshot("top-up")
    assert (is_too_wide(page), violations(page)) == (False, [])
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    watched.screenshot("top-up-phone-dark")
    assert (is_too_wide(page), violations(page)) == (False, [])
    page.get_by_label("Credit in US dollars").fill("5")
    page.get_by_label("Credit in US dollars").evaluate("field => field.form.noValidate = true")
    page.get_by_role("button", name="Show what it costs").click()
    watched.screenshot("top-up-refused")
    page.get_by_role("link", name="$50", exact=True).click()
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_label("Visa •••• 4242").check()
    page.get_by_role("button", name="Pay $52.62").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Top-up of $50.00")
    watched.screenshot("top-up-waiting")
    expect(page.get_by_text("Paid, and credited. The balance is now $50.00.")).to_be_visible(timeout=SECONDS)
    watched.screenshot("top-up-paid")
    assert (is_too_wide(page), violations(page)) == (False, [])
    page.get_by_role("link", name="Top up again").click()
    page.get_by_role("link", name="Top up by itself").click()
    page.get_by_label("Top up by itself").check()
    page.get_by_label("When the balance falls below").fill("60")
    page.get_by_role("button", name="Save").click()
    page.goto(page.url)
    watched.screenshot("auto-top-up")
    assert (is_too_wide(page), violations(page)) == (False, [])
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    watched.screenshot("auto-top-up-phone-dark")
    assert (is_too_wide(page), violations(page)) == (False, [])
    assert [each for each in watched.complaints if "422" not in each] == []
    assert "stripe_call_unanswered" not in paid_console.log
    billing = f"{paid_console.url}/workspaces/{person['slug']}/billing/"
    for path in ("", "payments/", "statement/"):
        page.goto(f"{billing}{path}")
        expect(page.get_by_text("Test payments").first).to_be_visible()
        for name, size, scheme in (("desktop", DESKTOP, "light"), ("phone-dark", PHONE, "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            watched.screenshot(f"billing-paid-{path}-{name}")
            assert (is_too_wide(page), violations(page)) == (False, []), (path, name)
    expect(page.get_by_role("row", name="Payment")).to_contain_text("+$50.00")
