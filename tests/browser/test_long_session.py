"""A session of many messages in a real browser: earlier ones on demand, links to them, large entries, plain text."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.support.browser import PHONE
from tests.support.live import LIVE_MS, has_marker, put_marker, wait_until_live
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.common_console]
TURNS = 100
CREATED = 1_795_340_283_445
REPLY = "Here is what I found.\n\n```python\ndef answer() -> int:\n    return 42\n```\n\n" + "- a point to make\n" * 12


def turn(agent: RecordedAgent, number: int, text: str = REPLY) -> list[dict[str, object]]:
    session, name = agent.session_id, f"msg_{number:04d}"
    role = ("user", "assistant")[number % 2]
    message = {"id": name, "role": role, "time": {"created": CREATED + number * 60_000, "completed": CREATED + 1}}
    part = {"type": "text", "text": f"Turn {number}. {text}"}
    return [
        {"key": f"session/message/{session}/{name}", "content": message},
        {"key": f"session/part/{session}/{name}/prt_{number:04d}", "content": part},
    ]


def long_session(server: ConsoleServer, turns: int = TURNS) -> RecordedAgent:
    agent = RecordedAgent(server.url, "share_1.18.33.jsonl")
    info = {"id": agent.session_id, "title": "A long piece of work", "time": {"created": CREATED}}
    agent.publish({"key": f"session/info/{agent.session_id}", "content": info})
    for start in range(0, turns, 20):
        agent.publish(*(update for number in range(start, start + 20) for update in turn(agent, number)))
    return agent


def shown_turns(page: Page) -> list[str]:
    ids: list[str] = page.locator(".turn").evaluate_all("(turns) => turns.map((turn) => turn.id)")
    return ids


def ids(first: int, end: int) -> list[str]:
    return [f"msg_{number:04d}" for number in range(first, end)]


def test_earlier_messages_come_into_the_page_and_the_reader_stays_where_they_are(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    agent = long_session(console_server)
    watched = open_page(agent.link)
    page = watched.page
    wait_until_live(page)
    put_marker(page)
    assert shown_turns(page) == ids(60, 100)
    watched.screenshot("long-newest")
    page.evaluate("scrollTo(0, 0)")
    first = page.locator("#msg_0060")
    before = first.bounding_box()
    page.get_by_role("link", name="Earlier messages").click()
    expect(page.locator(".turn")).to_have_count(80, timeout=LIVE_MS)
    assert shown_turns(page) == ids(20, 100)
    after = first.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 60
    page.get_by_role("link", name="Earlier messages").click()
    expect(page.locator(".turn")).to_have_count(100, timeout=LIVE_MS)
    expect(page.get_by_role("link", name="Earlier messages")).to_be_hidden()
    agent.publish(*turn(agent, 100))
    expect(page.locator("#msg_0100")).to_contain_text("Turn 100", timeout=LIVE_MS)
    assert shown_turns(page) == ids(0, 101)
    assert has_marker(page)
    assert watched.complaints == []


def test_what_changes_in_earlier_messages_does_not_disturb_the_page(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    agent = long_session(console_server)
    page = open_page(agent.link).page
    wait_until_live(page)
    agent.publish(*turn(agent, 3, "changed"), *turn(agent, 99, "changed as well"))
    expect(page.locator("#msg_0099")).to_contain_text("changed as well", timeout=LIVE_MS)
    assert shown_turns(page) == ids(60, 100)
    page.get_by_role("link", name="Earlier messages").click()
    expect(page.locator(".turn")).to_have_count(80, timeout=LIVE_MS)
    page.get_by_role("link", name="Earlier messages").click()
    expect(page.locator("#msg_0003")).to_contain_text("Turn 3. changed", timeout=LIVE_MS)


def test_a_link_to_an_early_message_leads_to_it_with_and_without_scripts(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    agent = long_session(console_server)
    page = open_page(f"{agent.link}#msg_0010").page
    page.wait_for_url("**?at=msg_0010#msg_0010")
    expect(page.locator("#msg_0010")).to_be_in_viewport(timeout=LIVE_MS)
    assert shown_turns(page) == ids(10, 50)
    page.get_by_role("link", name="Later messages").click()
    expect(page.locator("#msg_0050")).to_be_visible()
    page.locator("#msg_0052 .turn-link").click()
    assert page.url.endswith("?at=msg_0050#msg_0052")
    silent = open_page(f"{agent.link}?at=msg_0010#msg_0010", java_script_enabled=False).page
    expect(silent.locator("#msg_0010")).to_be_in_viewport()
    silent.get_by_role("link", name="Earlier messages").click()
    assert shown_turns(silent) == ids(0, 10)


def test_a_large_entry_opens_in_its_place(console_server: ConsoleServer, open_page: OpenPage) -> None:
    agent = long_session(console_server, 20)
    output = {
        "status": "completed",
        "title": "all.txt",
        "input": {"filePath": "all.txt", "content": "one more line\n" * 9_000},
    }
    key = f"session/part/{agent.session_id}/msg_0019/prt_large"
    agent.publish({"key": key, "content": {"type": "tool", "tool": "write", "state": output}})
    watched = open_page(agent.link, viewport=PHONE, color_scheme="dark")
    page = watched.page
    wait_until_live(page)
    put_marker(page)
    link = page.get_by_role("link", name="Show it")
    link.scroll_into_view_if_needed()
    watched.screenshot("long-large-entry-phone-dark")
    link.click()
    expect(page.locator("#prt_large details.tool .tool-title")).to_have_text("all.txt", timeout=LIVE_MS)
    expect(page.locator("#prt_large")).to_contain_text("one more line")
    assert has_marker(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    assert watched.complaints == []


def test_plain_text_gives_way_to_what_was_rendered_meanwhile(
    console_server: ConsoleServer, open_page: OpenPage
) -> None:
    agent = long_session(console_server, 20)

    def plain(html: str) -> str:
        """The page as it is when there was no time to render its last part."""
        start = html.index('<div class="part" id="prt_0019"')
        end = html.index("</article>", start)
        attributes = html[start : html.index(">", start)]
        note = '><p class="cut">Shown as plain text</p><pre>Turn 19.</pre></div></div><div data-slot="end"></div>'
        return html[:start] + attributes + " data-plain" + note + html[end:]

    watched = open_page("about:blank")
    page = watched.page
    page.route(agent.link, lambda route: route.fulfill(response=(answer := route.fetch()), body=plain(answer.text())))
    page.goto(agent.link)
    expect(page.locator("#prt_0019 .tok-keyword").first).to_be_attached(timeout=LIVE_MS)
    expect(page.locator("[data-plain]")).to_have_count(0)
