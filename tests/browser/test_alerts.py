"""Alerts in a browser: on the pages of usage and billing, wide, on a phone, light and dark; in the form of webhooks."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.browser.test_usage import is_too_wide
from tests.support.browser import DESKTOP, PHONE
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser


def test_alerts_are_readable_everywhere(console_server: ConsoleServer, open_page: OpenPage) -> None:
    person = console_server.ask("tests.browser.alerts_seed")
    for scheme in ("light", "dark"):
        watched = open_page(console_server.url, color_scheme=scheme)
        page = watched.page
        sign_in(page, person)
        for name in ("Usage", "Billing"):
            page.set_viewport_size(DESKTOP)
            page.get_by_role("link", name=name, exact=True).first.click()
            lines = page.get_by_role("region", name="Alerts").get_by_role("listitem")
            expect(lines).to_have_count(4)
            expect(lines.first).to_contain_text("Used up: the monthly limit of the API key")
            expect(lines.nth(1)).to_contain_text("A request was refused by the balance, $8.00 of $15.00 being used")
            watched.screenshot(f"alerts-{name.lower()}-{scheme}")
            assert (is_too_wide(page), violations(page)) == (False, [])
            page.set_viewport_size(PHONE)
            watched.screenshot(f"alerts-{name.lower()}-phone-{scheme}")
            assert (is_too_wide(page), violations(page)) == (False, [])
        page.set_viewport_size(PHONE)
        page.goto(f"{console_server.url}/workspaces/{person['slug']}/webhooks/new/")
        expect(page.get_by_label("budget.threshold_reached")).to_be_checked()
        watched.screenshot(f"alerts-webhook-phone-{scheme}")
        assert (is_too_wide(page), violations(page), watched.complaints) == (False, [], [])
