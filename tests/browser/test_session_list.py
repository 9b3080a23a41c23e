"""The Sessions page under a person's hands: rows keep their place, search, reconnecting, the frame around it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.support.browser import PHONE, WatchedPage
from tests.support.live import LIVE_MS, has_marker, put_marker
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
ONE, OTHER = "share_1.14.34_with_diffs.jsonl", "share_1.18.33.jsonl"


@pytest.fixture
def sessions(console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]) -> WatchedPage:
    """Alice's empty Sessions page."""
    watched = open_page(console_server.url)
    sign_in(watched.page, alice)
    return watched


@pytest.fixture(scope="module")
def quiet_server(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    """A console without sessions, shared by the tests that only look."""
    folder = tmp_path_factory.mktemp("quiet") / "console"
    shutil.copytree(prepared_data, folder)
    with ConsoleServer(folder) as server:
        yield server


@pytest.fixture(scope="module")
def quiet_alice(quiet_server: ConsoleServer) -> dict[str, str]:
    found: dict[str, str] = quiet_server.ask("tests.support.seed")
    return found


@pytest.fixture
def no_sessions(quiet_server: ConsoleServer, open_page: OpenPage, quiet_alice: dict[str, str]) -> WatchedPage:
    """The Sessions page of the quiet console."""
    watched = open_page(quiet_server.url)
    sign_in(watched.page, quiet_alice)
    return watched


@pytest.fixture
def agents_url(console_server: ConsoleServer, alice: dict[str, str]) -> str:
    return f"{console_server.url}/w/{alice['token']}"


def wait_until_connected(page: Page) -> None:
    expect(page.locator("[data-list-connection]")).to_have_attribute("data-state", "live", timeout=LIVE_MS)


def test_row_keeps_its_place_its_focus_and_its_node_while_others_arrive(sessions: WatchedPage, agents_url: str) -> None:
    page = sessions.page
    first = RecordedAgent(agents_url, ONE)
    first.play(2)
    rows = page.locator("#session-list tbody tr")
    expect(rows).to_have_count(1, timeout=LIVE_MS)
    link = rows.first.locator("a")
    expect(link).to_have_text("Fake title", timeout=LIVE_MS)
    link.focus()
    page.evaluate("document.querySelector('#session-list tbody tr').isTheSameNode = true")

    RecordedAgent(agents_url, OTHER).play(2)
    expect(rows).to_have_count(2, timeout=LIVE_MS)
    first.play_rest()
    expect(rows.last).to_contain_text("$0.000066", timeout=LIVE_MS)
    assert page.evaluate("document.querySelector('#session-list tbody tr:last-child').isTheSameNode")
    expect(rows.last.locator("a")).to_be_focused()
    expect(page.locator("[data-list-news]")).to_have_text("1 new session")
    assert sessions.complaints == []


def test_search_narrows_the_list_as_one_types(sessions: WatchedPage, agents_url: str) -> None:
    page = sessions.page
    RecordedAgent(agents_url, ONE).play_rest()
    expect(page.get_by_role("link", name="Fake title")).to_be_visible(timeout=LIVE_MS)
    put_marker(page)
    page.get_by_role("searchbox").press_sequentially("no such")
    expect(page.locator("#session-list")).to_contain_text("No sessions match “no such”")
    page.get_by_role("searchbox").fill("fake")
    expect(page.get_by_role("link", name="Fake title")).to_be_visible()
    page.wait_for_url("**/sessions/?q=fake")
    assert has_marker(page)
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("fake")
    expect(page.get_by_role("link", name="Fake title")).to_be_visible()
    assert sessions.complaints == []


def test_search_works_without_javascript(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str], agents_url: str
) -> None:
    RecordedAgent(agents_url, ONE).play_rest()
    page = open_page(console_server.url, java_script_enabled=False).page
    sign_in(page, alice)
    expect(page.get_by_role("link", name="Fake title")).to_be_visible()
    page.get_by_role("searchbox").fill("no such")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/sessions/?q=no+such")
    expect(page.locator("#session-list")).to_contain_text("No sessions match “no such”")
    expect(page.locator("[data-list-connection]")).to_be_hidden()
    expect(page.locator(".theme-switch")).to_be_hidden()


def test_list_says_that_it_reconnects_and_catches_up(
    console_server: ConsoleServer, sessions: WatchedPage, agents_url: str
) -> None:
    page = sessions.page
    wait_until_connected(page)
    put_marker(page)
    console_server.kill9()
    expect(page.locator("[data-list-connection]")).to_contain_text("reconnecting in", timeout=LIVE_MS)
    console_server.restart()
    RecordedAgent(agents_url, ONE).play_rest()
    expect(page.get_by_role("link", name="Fake title")).to_be_visible(timeout=2 * LIVE_MS)
    wait_until_connected(page)
    assert has_marker(page)


def test_list_of_somebody_signed_out_elsewhere_says_so(no_sessions: WatchedPage) -> None:
    page = no_sessions.page
    wait_until_connected(page)
    elsewhere = page.context.new_page()
    elsewhere.goto(page.url)
    elsewhere.get_by_role("button", name="Sign out").click()
    elsewhere.wait_for_url("**/accounts/login/")
    expect(page.locator("[data-list-connection]")).to_have_text("signed out", timeout=LIVE_MS)


def test_colours_stay_as_chosen(no_sessions: WatchedPage) -> None:
    page = no_sessions.page
    root = page.locator("html")
    page.get_by_role("button", name="Dark").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.get_by_role("button", name="Same as system").click()
    page.reload()
    assert root.get_attribute("data-theme") is None
    assert no_sessions.complaints == []


def test_configuration_is_copied_whole(no_sessions: WatchedPage, quiet_server: ConsoleServer) -> None:
    page = no_sessions.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("[data-copy='#agent-config']")
    button.click()
    expect(button).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f'"url": "{quiet_server.url}/w/YOUR-SHARE-TOKEN"' in copied
    expect(button).to_have_text("Copy")


def test_switcher_opens_and_closes_by_keyboard(no_sessions: WatchedPage) -> None:
    page = no_sessions.page
    menu = page.locator("#workspaces-menu")
    page.get_by_role("button", name="Workspace:").press("Enter")
    expect(menu).to_be_visible()
    expect(menu.get_by_role("link", name="Alpha")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_palette_and_shortcuts_lead_through_the_console_without_a_mouse(no_sessions: WatchedPage) -> None:
    page = no_sessions.page
    wait_until_connected(page)
    page.keyboard.press("Control+k")
    options = page.locator("#palette [role=option]")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("key")
    expect(options.first).to_contain_text("Keys")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []
    no_sessions.screenshot("palette")
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys/new/")
    page.keyboard.type("g")
    page.keyboard.type("k")
    page.wait_for_url("**/keys/")
    page.keyboard.type("j")
    expect(page.locator("main tbody a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys/key_*/")
    page.keyboard.type("?")
    help_list = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_list).to_contain_text("Search everything by name")
    expect(help_list).to_contain_text("g k")
    no_sessions.screenshot("shortcuts")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Shortcuts").click()
    help_list.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Search").click()
    expect(options.first).to_be_visible()
    assert no_sessions.complaints == []


def test_menu_folds_on_a_phone_without_javascript(
    quiet_server: ConsoleServer, open_page: OpenPage, quiet_alice: dict[str, str]
) -> None:
    page = open_page(quiet_server.url, java_script_enabled=False, viewport=PHONE).page
    sign_in(page, quiet_alice)
    keys = page.get_by_role("link", name="Keys")
    expect(keys).to_be_hidden()
    page.get_by_text("Menu", exact=True).click()
    keys.click()
    page.wait_for_url("**/keys/")


def test_keyboard_reaches_the_content_first(no_sessions: WatchedPage) -> None:
    page = no_sessions.page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    skip.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_row_of_a_silent_agent_turns_by_itself_while_the_server_is_away(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str], agents_url: str
) -> None:
    RecordedAgent(agents_url, OTHER).play(2)
    watched = open_page(console_server.url)
    page = watched.page
    sign_in(page, alice)
    state = page.locator("#session-list tbody .state")
    expect(state).to_have_text("running")
    page.clock.install()
    page.reload()
    wait_until_connected(page)
    page.route("**/sessions/rows*", lambda route: route.abort())
    page.clock.fast_forward("01:05")
    expect(state).to_have_text("quiet")
    page.clock.fast_forward("15:00")
    expect(state).to_have_text("lost")
    watched.screenshot("session-list-lost")


def test_list_of_one_state_shows_those_in_it(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str], agents_url: str
) -> None:
    RecordedAgent(agents_url, ONE).play_rest()
    RecordedAgent(agents_url, OTHER).play(2)
    watched = open_page(console_server.url)
    page = watched.page
    sign_in(page, alice)
    states = page.locator("#session-list tbody .state")
    expect(states).to_have_count(2)
    page.get_by_role("link", name="Running", exact=True).click()
    expect(states).to_have_text(["running"])
    page.get_by_role("link", name="Failed").click()
    expect(page.get_by_role("heading", name="No failed sessions")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    expect(states).to_have_text(["done"])
    watched.screenshot("session-list-done")
    assert watched.complaints == []
