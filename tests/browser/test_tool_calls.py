"""What an agent's tools did, in a real browser: failures loud, long outputs bounded, questions and patches readable."""

import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.contract.recordings import TOOLS
from tests.support.browser import DESKTOP, PHONE
from tests.support.live import LIVE_MS, wait_until_live
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
LINES = 9_000
PAGES = 10
BAR_PIXELS = 96
WIDEST: list[tuple[str, ViewportSize, Literal["light", "dark"]]] = [
    ("desktop", DESKTOP, "light"),
    ("desktop-dark", DESKTOP, "dark"),
    ("phone", PHONE, "light"),
    ("phone-dark", PHONE, "dark"),
]


def recorded_session(server: ConsoleServer) -> RecordedAgent:
    agent = RecordedAgent(server.url, TOOLS)
    agent.play_rest()
    return agent


def publish_run(agent: RecordedAgent, part_id: str, status: str, **state: Any) -> None:
    """A run of the tests as the agent's last call."""
    given = {"command": "make test", "description": "Run the tests"}
    content = {"type": "tool", "tool": "bash", "state": {"status": status, "input": given, **state}}
    agent.publish({"key": f"session/part/{agent.session_id}/msg_zz/{part_id}", "content": content})


def with_a_last_message(agent: RecordedAgent) -> None:
    content = {"role": "assistant", "time": {"created": 1_795_999_999_000}, "modelID": "fake-1", "providerID": "gw"}
    agent.publish({"key": f"session/message/{agent.session_id}/msg_zz", "content": content})


def is_too_wide(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return found


def walk_by_keys(page: Page) -> None:
    """From message to message, what is folded in one, a turn's steps away and back, without a pointer."""
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator(".turn").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("o")
    expect(second.locator(".tool")).to_have_attribute("open", "")
    page.keyboard.press("o")
    expect(second.locator(".tool")).not_to_have_attribute("open", "")
    page.keyboard.press("k")
    expect(page.locator(".turn").first).to_be_focused()
    steps = page.locator(".steps-toggle").first
    steps.press("Enter")
    expect(steps).to_have_attribute("aria-expanded", "false")
    expect(second).to_be_hidden()
    steps.press("Enter")
    expect(second).to_be_visible()


@pytest.mark.parametrize(("name", "viewport", "scheme"), WIDEST)
def test_everything_the_agents_tools_do_is_readable(
    shared_server: ConsoleServer,
    open_page: OpenPage,
    name: str,
    viewport: ViewportSize,
    scheme: Literal["light", "dark"],
) -> None:
    watched = open_page(recorded_session(shared_server).link, viewport=viewport, color_scheme=scheme)
    page = watched.page
    wait_until_live(page)
    watched.screenshot(f"tools-{name}")
    assert page.locator(".session-bar").evaluate("(bar) => bar.offsetHeight") <= BAR_PIXELS
    assert page.locator(".tool-failed[open]").count() == 13
    assert page.locator(".tool-completed[open]").count() == 0
    assert violations(page) == []
    walk_by_keys(page)
    page.get_by_role("button", name="Expand all").click()
    assert page.locator(".transcript details:not([open])").count() == 0
    watched.screenshot(f"tools-open-{name}")
    assert violations(page) == []
    assert not is_too_wide(page)
    assert watched.complaints == []


def test_a_command_that_fails_opens_while_it_is_watched(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = recorded_session(console_server)
    with_a_last_message(agent)
    publish_run(agent, "prt_a", "running", metadata={"output": "collecting\n"})
    watched = open_page(agent.link)
    page = watched.page
    wait_until_live(page)
    fold = page.locator("#prt_a > .tool")
    expect(fold.locator(".tool-status")).to_have_text("running")
    expect(fold).not_to_have_attribute("open", "")
    publish_run(agent, "prt_a", "completed", output="2 failed, 7 passed\n", metadata={"exit": 1})
    expect(fold.locator(".tool-status")).to_have_text("exit 1", timeout=LIVE_MS)
    expect(fold.get_by_text("2 failed, 7 passed")).to_be_visible()
    assert watched.complaints == []


def long_run(server: ConsoleServer) -> RecordedAgent:
    agent = recorded_session(server)
    with_a_last_message(agent)
    output = "".join(f"test_{number} ok\n" for number in range(LINES)) + f"1 failed, {LINES} passed\n"
    publish_run(agent, "prt_long", "completed", output=output, metadata={"exit": 1})
    return agent


def test_a_long_output_shows_its_end_and_gives_the_rest_a_page_at_a_time(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    watched = open_page(long_run(console_server).link, viewport=PHONE)
    page = watched.page
    wait_until_live(page)
    part = page.locator("#prt_long")
    expect(part.get_by_text(f"1 failed, {LINES} passed")).to_be_visible()
    expect(part).to_contain_text("test_0 ok")
    assert "test_5000 ok" not in (part.text_content() or "")
    part.scroll_into_view_if_needed()
    watched.screenshot("tools-long-phone")
    part.get_by_role("link", name="Show them in pages").click()
    more = part.get_by_role("link", name="Show the next lines")
    expect(more).to_be_visible(timeout=LIVE_MS)
    assert part.locator(".listing").first.evaluate("(box) => box.clientHeight") < PHONE["height"]
    for number in range(1, PAGES):
        expect(more).to_have_attribute("href", re.compile(rf"chunk={number}$"), timeout=LIVE_MS)
        more.click()
    expect(more).to_have_count(0, timeout=LIVE_MS)
    shown = [line for line in part.locator(".code-output").inner_text().splitlines() if line.startswith("test_")]
    assert shown == [f"test_{number} ok" for number in range(LINES)]
    assert part.evaluate("(box) => box.clientHeight") < 12 * PHONE["height"]
    assert watched.complaints == []


def test_pages_of_an_output_work_without_scripts(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = long_run(console_server)
    page = open_page(agent.link, java_script_enabled=False).page
    page.locator("#prt_long").get_by_role("link", name="Show them in pages").click()
    expect(page.locator(".output-page")).to_contain_text("test_0 ok")
    page.get_by_role("link", name="Later lines").click()
    expect(page.get_by_text("Page 2 of")).to_be_visible()
    page.get_by_role("link", name="Back to the conversation").click()
    expect(page.locator("#prt_long")).to_be_in_viewport()
    raw = page.request.get(f"{agent.link}?entry=session/part/{agent.session_id}/msg_zz/prt_long&raw=1")
    assert raw.headers["content-type"] == "text/plain; charset=utf-8"
    assert raw.text().splitlines()[-1] == f"1 failed, {LINES} passed"
