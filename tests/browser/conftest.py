"""Fixtures of the browser journeys; the browser lives for one module, so that its loop never meets another test's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import DESKTOP, WatchedPage, chromium
from tests.support.fixtures import copied_server
from tests.support.server import ConsoleServer

ACTION_MS = 10_000
OpenPage = Callable[..., WatchedPage]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an address in a browser profile of its own; takes the options of a playwright context."""
    contexts = []

    def start(address: str, **options: Any) -> WatchedPage:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "UTC", **options})
        context.set_default_timeout(ACTION_MS)
        contexts.append(context)
        watched = WatchedPage(context)
        watched.page.goto(address)
        return watched

    yield start
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def common_server(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    """One console for all journeys that bring people, workspaces and sessions of their own."""
    with copied_server(prepared_data, tmp_path_factory.mktemp("common") / "console") as server:
        yield server


@pytest.fixture
def console_server(request: pytest.FixtureRequest) -> ConsoleServer:
    """A running console: the common one in modules marked `common_console`, otherwise one that nobody used before."""
    if request.node.get_closest_marker("common_console") is None:
        own: ConsoleServer = request.getfixturevalue("start_server")()
        return own
    common: ConsoleServer = request.getfixturevalue("common_server")
    return common.running()


@pytest.fixture
def alice(console_server: ConsoleServer) -> dict[str, str]:
    """A person with a workspace, a share token and an API key on the running server."""
    found: dict[str, str] = console_server.ask("tests.support.seed")
    return found


@pytest.fixture(scope="module")
def shared_server(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    """One server for all tests of a module, for those that only look."""
    with copied_server(prepared_data, tmp_path_factory.mktemp("shared") / "console") as server:
        yield server


@pytest.fixture(scope="module")
def shared_alice(shared_server: ConsoleServer) -> dict[str, str]:
    found: dict[str, str] = shared_server.ask("tests.support.seed")
    return found


def sign_in(page: Page, person: dict[str, str]) -> None:
    """Through the sign-in form that is open, to the sessions of the person's workspace where it leads anywhere."""
    to = f"/workspaces/{person['slug']}/sessions/"
    page.locator("form[method=post] input[name=next]").evaluate_all(
        "(fields, to) => fields.forEach((one) => { one.value = to; })", to
    )
    page.get_by_label("E-mail").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_label("Password").press("Enter")
    page.wait_for_url("**/workspaces/**")
