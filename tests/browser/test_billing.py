"""The Billing pages in a browser: every state of an account, wide and on a phone, light and dark."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.billing_seed import STATES
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.browser.test_usage import is_too_wide
from tests.support.browser import DESKTOP, PHONE
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def payer(shared_server: ConsoleServer) -> dict[str, str]:
    found: dict[str, str] = shared_server.ask("tests.browser.billing_seed")
    return found


def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    return [*violations(page), *(["too wide"] if is_too_wide(page) else [])]


@pytest.mark.parametrize(("scheme", "states"), [("light", STATES), ("dark", ("prepaid", "frozen"))])
def test_every_state_is_readable_everywhere(
    shared_server: ConsoleServer, open_page: OpenPage, payer: dict[str, str], scheme: str, states: tuple[str, ...]
) -> None:
    watched = open_page(shared_server.url, color_scheme=scheme)
    sign_in(watched.page, payer)
    found = {}
    for state in states:
        watched.page.goto(f"{shared_server.url}/workspaces/{state}/billing/")
        expect(watched.page.get_by_role("heading", level=1)).to_have_text("Billing")
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            watched.page.set_viewport_size(size)
            watched.screenshot(f"billing-{state}-{name}-{scheme}")
            found[state, name] = faults(watched.page)
    assert {place: problems for place, problems in found.items() if problems} == {}
    assert watched.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_statement_and_requests_are_readable_everywhere(
    shared_server: ConsoleServer, open_page: OpenPage, payer: dict[str, str], scheme: str
) -> None:
    watched = open_page(shared_server.url, color_scheme=scheme)
    sign_in(watched.page, payer)
    page, found = watched.page, {}
    for path in (
        "prepaid/billing/statement/",
        "empty/billing/statement/",
        "prepaid/billing/statement/3-4/",
        "prepaid/usage/requests/",
        "empty/usage/requests/",
        "prepaid/usage/requests/one/?id=priced",
        "prepaid/usage/requests/one/?id=running",
        "prepaid/usage/requests/one/?id=unknown",
        "prepaid/members/",
        "prepaid/keys/",
    ):
        page.goto(f"{shared_server.url}/workspaces/{path}")
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page.set_viewport_size(size)
            watched.screenshot(f"{path}-{name}-{scheme}")
            found[path, name] = faults(page)
    assert {place: problems for place, problems in found.items() if problems} == {}


def test_statement_leads_to_a_request_and_back_by_its_id(
    shared_server: ConsoleServer, open_page: OpenPage, payer: dict[str, str]
) -> None:
    watched = open_page(shared_server.url)
    sign_in(watched.page, payer)
    page = watched.page
    page.goto(f"{shared_server.url}/workspaces/prepaid/billing/")
    page.get_by_role("link", name="Statement").click()
    page.get_by_role("link", name=re.compile("^Usage, ")).first.click()
    page.get_by_role("link", name=re.compile("request priced")).click()
    expect(page.get_by_role("heading", level=2)).to_have_text("anthropic/claude-sonnet-4-5")
    page.get_by_label("Request ID").fill("running")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Running", exact=True)).to_be_visible()
    assert watched.complaints == []


def test_budget_is_set_on_the_page(shared_server: ConsoleServer, open_page: OpenPage, payer: dict[str, str]) -> None:
    watched = open_page(shared_server.url)
    sign_in(watched.page, payer)
    page = watched.page
    page.goto(f"{shared_server.url}/workspaces/spent/billing/")
    page.get_by_role("link", name="Change the budget").click()
    expect(page.get_by_label("Monthly budget in dollars")).to_be_focused()
    page.get_by_label("Monthly budget in dollars").fill("40")
    page.get_by_role("button", name="Save the budget").click()
    expect(page.get_by_text("The monthly budget is $40.00 now.")).to_be_visible()
    expect(page.get_by_text("Payments are off.", exact=True)).to_be_visible()
