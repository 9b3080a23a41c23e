"""The share page in a real browser while an agent works: everything arrives without a reload."""

import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.support.browser import PHONE
from tests.support.live import LIVE_MS, has_marker, put_marker, transcript_text, wait_until_live
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
WITH_DIFFS = "share_1.14.34_with_diffs.jsonl"


def test_share_page_follows_the_agent_without_reload(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = RecordedAgent(console_server.url, WITH_DIFFS)
    watched = open_page(agent.link)
    page = watched.page
    wait_until_live(page)
    put_marker(page)
    expect(page.get_by_text("No messages yet")).to_be_visible()

    agent.play(2)
    expect(page.locator(".turn-user").get_by_text("hello")).to_be_visible(timeout=LIVE_MS)
    expect(page.locator(".turn-assistant").get_by_text("pong: hello")).to_be_visible(timeout=LIVE_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text("Fake title", timeout=LIVE_MS)
    watched.screenshot("share-live-half")

    agent.play_rest()
    tool = page.locator("details.tool")
    expect(tool.locator(".tool-name")).to_have_text("write", timeout=LIVE_MS)
    expect(tool.locator(".tool-status")).to_have_text("completed", timeout=LIVE_MS)
    expect(page.locator("section.changes").get_by_text("+written by fake model")).to_be_visible(timeout=LIVE_MS)
    expect(page.get_by_text("The tool has run; done.")).to_be_visible(timeout=LIVE_MS)
    assert has_marker(page)
    watched.screenshot("share-live-desktop")
    assert watched.complaints == []


def test_page_left_open_turns_quiet_and_lost_by_itself(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = RecordedAgent(console_server.url, "share_1.18.33.jsonl")
    agent.play(2)
    watched = open_page("about:blank")
    page = watched.page
    page.clock.install()
    page.goto(agent.link)
    wait_until_live(page)
    state = page.locator(".session-state .state")
    expect(state).to_have_text("running")
    wait_until_moving(page, 1)

    page.clock.fast_forward("01:05")
    expect(state).to_have_text("quiet")
    page.get_by_role("button", name="More of this session").click()
    expect(page.locator("#session-menu").get_by_text("Last activity")).to_be_visible()
    page.keyboard.press("Escape")
    wait_until_moving(page, 0)
    watched.screenshot("share-quiet")
    assert Axe().run(page).response["violations"] == []

    page.clock.fast_forward("14:00")
    expect(state).to_have_text("lost")
    expect(page.locator(".turn-working")).to_be_hidden()
    watched.screenshot("share-lost")
    assert Axe().run(page).response["violations"] == []

    agent.play_rest()
    expect(state).to_have_text("done", timeout=LIVE_MS)


def wait_until_moving(page: Page, count: int) -> None:
    """Until so many elements are animated without an end, besides the sign of the connection."""
    script = """(count) => count === document.getAnimations().filter((each) =>
      each.effect.getTiming().iterations === Infinity && !each.effect.target.closest(".connection")).length"""
    page.wait_for_function(script, arg=count, timeout=LIVE_MS)


def test_page_that_watched_equals_page_loaded_afterwards(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = RecordedAgent(console_server.url, "share_1.18.33.jsonl")
    watching = open_page(agent.link).page
    wait_until_live(watching)
    agent.play_rest()
    loaded = open_page(agent.link).page
    expect(watching.locator(".turn")).to_have_count(loaded.locator(".turn").count(), timeout=LIVE_MS)
    whole = transcript_text(loaded)
    watching.wait_for_function(
        "(whole) => document.querySelector('[data-session]').textContent.replace(/\\s+/g, ' ').trim() === whole",
        arg=whole,
        timeout=LIVE_MS,
    )


def test_what_was_removed_does_not_come_back_with_a_late_answer(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    agent = RecordedAgent(console_server.url, WITH_DIFFS)
    agent.play(2)
    page = open_page(agent.link).page
    removals: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard(removals, frame)))
    page.reload()
    wait_until_live(page)
    turn = page.locator(".turn-assistant").last.get_attribute("id")
    folder = f"session/part/{agent.session_id}/{turn}"
    held: list[Route] = []
    page.route("**/fragments?*", lambda route: route.continue_() if held else held.append(route))
    agent.publish({"key": f"{folder}/prt_short", "content": {"type": "text", "text": "not for long"}})
    wait_for(page, lambda: bool(held))
    answer = held[0].fetch()
    assert "not for long" in answer.text()

    agent.publish({"key": f"{folder}/prt_short", "deleted": True})
    wait_for(page, lambda: bool(removals))
    held[0].fulfill(response=answer)
    agent.publish({"key": f"{folder}/prt_stays", "content": {"type": "text", "text": "here to stay"}})
    expect(page.get_by_text("here to stay")).to_be_visible(timeout=LIVE_MS)
    expect(page.get_by_text("not for long")).to_have_count(0)


def heard(removals: list[str], frame: str | bytes) -> None:
    if '"deleted":true' in str(frame):
        removals.append(str(frame))


def wait_for(page: Page, condition: Callable[[], bool]) -> None:
    """While the browser goes on, which tells us of frames and requests."""
    deadline = time.monotonic() + LIVE_MS / 1000
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def test_share_page_on_a_phone_scrolls_down_only(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = RecordedAgent(console_server.url, WITH_DIFFS)
    agent.play_rest()
    watched = open_page(agent.link, viewport=PHONE, is_mobile=True, has_touch=True)
    wait_until_live(watched.page)
    watched.screenshot("share-phone")
    width = watched.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    assert watched.complaints == []


def test_share_page_is_complete_without_javascript(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = RecordedAgent(console_server.url, WITH_DIFFS)
    agent.play_rest()
    page = open_page(agent.link, java_script_enabled=False).page
    expect(page.get_by_text("The tool has run; done.")).to_be_visible()
    expect(page.locator("section.changes").get_by_text("+written by fake model")).to_be_visible()
    expect(page.locator("[data-connection]")).to_be_hidden()


def test_open_page_survives_a_killed_server(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = RecordedAgent(console_server.url, WITH_DIFFS)
    agent.play(2)
    page = open_page(agent.link).page
    wait_until_live(page)
    put_marker(page)

    console_server.kill9()
    expect(page.locator("[data-connection]")).to_contain_text("reconnecting", timeout=LIVE_MS)
    console_server.restart()
    agent.play_rest()

    wait_until_live(page)
    expect(page.get_by_text("The tool has run; done.")).to_be_visible(timeout=LIVE_MS)
    loaded = open_page(agent.link).page
    page.wait_for_function(
        "(whole) => document.querySelector('[data-session]').textContent.replace(/\\s+/g, ' ').trim() === whole",
        arg=transcript_text(loaded),
        timeout=LIVE_MS,
    )
    assert has_marker(page)
