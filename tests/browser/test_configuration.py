"""The managed configuration in a real browser: edited, refused with places, compared, restored."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.browser.test_devices import VIEWS, is_wider_than_shown
from tests.support.browser import WatchedPage
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
FIRST = '{\n  "share": "auto",\n  "model": "corp/big"\n}'
SELECTED = "((field) => field.value.slice(field.selectionStart, field.selectionEnd))(document.activeElement)"
BROKEN = '{\n  "share": "sometimes",\n  "provider": {"corp": {"options": {"apiKey": "hunter2"}}}\n}'
SECOND = """{
  "share": "auto",
  "model": "corp/small",
  "mcp": {"docs": {"type": "local", "command": ["npx", "docs-server"]}},
  "provider": {"corp": {"options": {"baseURL": "https://models.example/v1", "apiKey": "{env:OPENCODE_CONSOLE_TOKEN}"}}},
  "permission": {"bash": "allow"}
}"""


def open_configuration(
    server: ConsoleServer, open_page: OpenPage, alice: dict[str, str], options: dict[str, object]
) -> WatchedPage:
    watched = open_page(server.url, **options)
    sign_in(watched.page, alice)
    watched.page.goto(f"{server.url}/workspaces/{alice['slug']}/configuration/")
    return watched


def save(page: Page, text: str, note: str = "") -> None:
    page.get_by_role("textbox", name="Configuration", exact=True).fill(text)
    page.get_by_label("What changed").fill(note)
    page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize(("options", "name"), VIEWS)
def test_configuration_is_edited_compared_and_restored(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str], options: dict[str, object], name: str
) -> None:
    watched = open_configuration(console_server, open_page, alice, options)
    page, found = watched.page, []

    def look(what: str) -> None:
        watched.screenshot(f"config-{what}-{name}")
        found.extend(violations(page))
        assert not is_wider_than_shown(page), what

    look("empty")
    save(page, BROKEN, "a note that stays")
    expect(page.get_by_text("“share” must be")).to_be_visible()
    expect(page.get_by_label("What changed")).to_have_value("a note that stays")
    look("refused")
    page.get_by_role("link", name="Line 3, column 37").click()
    selected = (
        "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
    )
    assert page.evaluate(selected).startswith('"apiKey": "hunter2"')

    save(page, FIRST, "share by default")
    expect(page.get_by_text("Version 1 is saved;")).to_be_visible()
    save(page, SECOND, "a smaller model, and the docs server")
    expect(page.get_by_text("Starts “npx docs-server” on every machine.")).to_be_visible()
    look("in-force")
    page.get_by_role("link", name="History").click()
    look("history")
    page.get_by_role("link", name="Version 2").click()
    expect(page.get_by_role("region", name="Changed lines")).to_contain_text('"model": "corp/small"')
    look("version")
    page.goto(f"{console_server.url}/workspaces/{alice['slug']}/configuration/1/restore/")
    look("restore")
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_text("as version 3")).to_be_visible()
    assert found == []
    assert [complaint for complaint in watched.complaints if "422" not in complaint] == []


def test_second_of_two_editors_sees_both(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    first = open_configuration(console_server, open_page, alice, {})
    second = open_configuration(console_server, open_page, alice, {})
    save(first.page, FIRST, "the first")
    expect(first.page.get_by_text("Version 1 is saved;")).to_be_visible()
    save(second.page, SECOND, "the second")
    expect(second.page.get_by_text("Someone else saved version 1 while you were editing")).to_be_visible()
    expect(second.page.get_by_role("textbox", name="Configuration", exact=True)).to_have_value(SECOND)
    second.screenshot("config-conflict")
    assert violations(second.page) == []
    second.page.get_by_role("button", name="Overwrite with mine").click()
    expect(second.page.get_by_text("Version 2 is saved;")).to_be_visible()


def test_keys_indent_and_escape_leaves_the_editor(
    console_server: ConsoleServer, open_page: OpenPage, alice: dict[str, str]
) -> None:
    page = open_configuration(console_server, open_page, alice, {}).page
    editor = page.get_by_role("textbox", name="Configuration", exact=True)
    editor.fill("")
    editor.press_sequentially('{\n"share": "auto"')
    editor.press("Tab")
    expect(editor).to_have_value('{\n  "share": "auto"  ')
    editor.press("Shift+Tab")
    expect(editor).to_have_value('{\n"share": "auto"  ')
    editor.press("Escape")
    editor.press("Tab")
    expect(editor).not_to_be_focused()
