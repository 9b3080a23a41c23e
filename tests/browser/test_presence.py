"""Who else is looking shows on the page, and goes when they go."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.support.live import LIVE_MS, wait_until_live
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]


def test_second_reader_shows_and_goes(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = RecordedAgent(console_server.url, "share_1.18.33.jsonl")
    page = open_page(agent.link).page
    wait_until_live(page)
    watching = page.locator("[data-watching]")
    expect(watching).to_be_hidden()
    other = open_page(agent.link).page
    expect(watching).to_have_text("2 watching", timeout=LIVE_MS)
    expect(watching).to_have_attribute(
        "title", "someone with the link, in a browser\nsomeone with the link, in a browser"
    )
    other.close()
    expect(watching).to_be_hidden(timeout=LIVE_MS)
