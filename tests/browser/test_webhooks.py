"""A webhook from its form to a program that listens, sent by the real worker; refused, failing and sent again."""

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.browser.test_devices import VIEWS, is_wider_than_shown
from tests.support.fixtures import StartServer
from tests.support.hooks import receiving, status
from tests.support.processes import wait_until

pytestmark = pytest.mark.browser
SENT_SECONDS = 30


def wait_for_row(page: Page, text: str) -> None:
    """Reload until a delivery says so; the page does not change by itself."""

    def is_there() -> bool:
        page.reload()
        return page.get_by_text(text, exact=True).first.is_visible()

    wait_until(is_there, text, seconds=SENT_SECONDS)


@pytest.mark.parametrize(("options", "name"), VIEWS)
def test_webhook_is_created_tested_fails_and_is_sent_again(
    start_server: StartServer, open_page: OpenPage, options: dict[str, object], name: str
) -> None:
    server = start_server(with_worker=True, environment={"OPENCODE_OUTBOUND_PRIVATE": "1"})
    alice = server.ask("tests.support.seed")
    watched = open_page(server.url, **options)
    page, found = watched.page, []

    def look(what: str) -> None:
        watched.screenshot(f"webhooks-{what}-{name}")
        found.extend(violations(page))
        assert not is_wider_than_shown(page), what

    sign_in(page, alice)
    page.goto(f"{server.url}/workspaces/{alice['slug']}/settings/")
    page.get_by_role("link", name="Webhooks").click()
    look("empty")
    page.get_by_role("link", name="New webhook").first.click()
    page.get_by_label("Address").fill("ftp://example.com/")
    page.get_by_role("button", name="Create webhook").click()
    expect(page.get_by_text("The address must begin with https://.")).to_be_visible()
    expect(page.get_by_label("Address")).to_have_value("ftp://example.com/")
    look("refused")
    with receiving() as receiver:
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_role("button", name="Create webhook").click()
        secret = page.locator("#secret").inner_text()
        look("created")
        page.get_by_role("link", name="Done").click()
        receiver.answer = status(500)
        page.get_by_role("button", name="Send a test").click()
        wait_until(lambda: len(receiver.received) >= 1, "sent", seconds=SENT_SECONDS)
        wait_for_row(page, "Waiting")
        look("failing")
        receiver.answer = status(200)
        wait_for_row(page, "Delivered")
        page.get_by_role("button", name="Send again").click()
        wait_until(lambda: len(receiver.received) >= 3, "sent again", seconds=SENT_SECONDS)
        page.locator("summary").first.click()
        look("delivered")
        last = receiver.received[-1]
    assert Webhook(secret).verify(last.body, last.headers)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    page.get_by_role("link", name="Delete").click()
    look("delete")
    page.get_by_role("button", name="Delete the webhook").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    assert found == []
    assert all("422" in each for each in watched.complaints), watched.complaints
