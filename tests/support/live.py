"""What a page that follows a session shows, and whether it was reloaded on the way."""

import re

from playwright.sync_api import Page, expect

LIVE_MS = 20_000
SPACE = re.compile(r"\s+")


def wait_until_live(page: Page) -> None:
    """The page's connection sign says so."""
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live", timeout=LIVE_MS)


def put_marker(page: Page) -> None:
    """Leave something on the window that a reload would sweep away."""
    page.evaluate("window.neverReloaded = true")


def has_marker(page: Page) -> bool:
    return bool(page.evaluate("window.neverReloaded === true"))


def transcript_text(page: Page) -> str:
    """Everything the conversation says, folded parts included, in one line."""
    return SPACE.sub(" ", page.locator("[data-session]").evaluate("(element) => element.textContent")).strip()
