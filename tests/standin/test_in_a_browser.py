"""Clicking through the stand-in's pages in a real browser without scripts, on a desktop and on a phone in the dark."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import DESKTOP, PHONE, WatchedPage, chromium
from tests.support.standin_server import Receiver, Served, receiving, serving

KINDS: list[dict[str, Any]] = [
    {"viewport": DESKTOP},
    {"viewport": PHONE, "color_scheme": "dark"},
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture
def console() -> Iterator[Receiver]:
    with receiving() as endpoint:
        yield endpoint


@pytest.fixture(params=KINDS, ids=["desktop", "phone-dark"])
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[WatchedPage]:
    context = browser.new_context(java_script_enabled=False, **request.param)
    page = WatchedPage(context)
    page.kind = request.node.callspec.id  # type: ignore[attr-defined]
    yield page
    context.close()


def wide(page: Page) -> bool:
    """Whether something sticks out to the right, as far as that shows without scripts."""
    box = page.locator("main").bounding_box()
    return box is not None and box["width"] > page.viewport_size["width"]  # type: ignore[index]


def shot(watched: WatchedPage, name: str) -> None:
    watched.screenshot(f"test-payments-{name}-{watched.kind}")  # type: ignore[attr-defined]


def test_somebody_pays_after_a_decline_and_a_question_of_the_bank(
    served: Served, console: Receiver, watched: WatchedPage
) -> None:
    data = {"currency": "usd", "unit_amount": 2_195, "product_data": {"name": "Credit of $20.00"}}
    given: Any = {
        "mode": "payment",
        "line_items": [{"price_data": data, "quantity": 1}],
        "success_url": f"{console.url}?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": console.url,
    }
    session = served.api.checkout.sessions.create(given)
    page = watched.page
    page.goto(str(session.url))
    shot(watched, "pay")
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_label("Visa •••• 9995").check()
    page.get_by_role("button", name="Pay $21.95").click()
    assert page.get_by_role("alert").inner_text() == "Your card has insufficient funds."
    shot(watched, "declined")
    assert page.get_by_label("E-mail").input_value() == "alice@example.com"
    assert page.get_by_label("Visa •••• 9995").is_checked()
    page.get_by_label("Visa •••• 3184").check()
    page.get_by_role("button", name="Pay $21.95").click()
    shot(watched, "bank")
    page.get_by_role("button", name="Yes, it is me").click()
    page.wait_for_url(f"{console.url}?session={session.id}")
    assert page.get_by_text("Back at the console").is_visible()
    assert served.api.checkout.sessions.retrieve(session.id).payment_status == "paid"
    # A declined payment is a 402, which a browser notes; nothing else may be wrong, the policy least of all.
    assert [each for each in watched.complaints if "402" not in each] == []


def test_somebody_looks_after_their_cards_and_goes_back(
    served: Served, console: Receiver, watched: WatchedPage
) -> None:
    customer = served.api.customers.create(
        {"name": "A company with a very long name, Berlin and Vienna, GmbH & Co. KG"}
    )
    portal = served.api.billing_portal.sessions.create({"customer": customer.id, "return_url": console.url})
    page = watched.page
    page.goto(portal.url)
    page.get_by_label("Visa •••• 4242").check()
    page.get_by_role("button", name="Add").click()
    assert page.get_by_text("Visa •••• 4242 (default)").is_visible()
    page.get_by_label("Tax id").fill("DE123456789")
    page.get_by_role("button", name="Save").click()
    shot(watched, "portal")
    assert not wide(page)
    assert page.get_by_label("Tax id").input_value() == "DE123456789"
    page.get_by_role("link", name="Back").click()
    assert page.get_by_text("Back at the console").is_visible()
    assert watched.complaints == []
