"""The real opencode agent, unmodified, against a real server, watched in a real browser."""

import json
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect

from tests.agent.agent import links_in
from tests.agent.conftest import StartAgent
from tests.agent.fake_model import DONE, TITLE
from tests.support.browser import WatchedPage
from tests.support.live import LIVE_MS, has_marker, put_marker, wait_until_live
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_agent_works_live_in_the_browser_and_imports_back(
    start_agent: StartAgent, console_server: ConsoleServer, browser: Browser
) -> None:
    agent = start_agent(console_server.url)
    (link,) = links_in(agent.run("hello"))
    # `opencode run` creates twice within milliseconds; both got this one share.
    assert count_of(console_server, "sync_share") == 1
    assert console_server.log.count("path=/api/share ") == 2

    context = browser.new_context()
    watched = WatchedPage(context)
    page = watched.page
    page.goto(link)
    wait_until_live(page)
    put_marker(page)
    expect(page.locator(".turn-assistant").get_by_text("you said:")).to_be_visible(timeout=LIVE_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE, timeout=LIVE_MS)

    assert links_in(agent.run("RUN_TOOL echo hi", "--continue")) == [link]
    shell = page.locator("details.tool").filter(has_text="bash")
    expect(shell).to_contain_text("completed", timeout=LIVE_MS)
    expect(shell).to_contain_text("hi")

    assert links_in(agent.run("WRITE_FILE note.txt", "--continue")) == [link]
    assert (agent.project / "note.txt").read_text() == "one line\n"
    write = page.locator("details.tool").filter(has_text="write")
    expect(write).to_contain_text("completed", timeout=LIVE_MS)
    expect(write).to_contain_text("one line")
    expect(page.get_by_text(DONE)).to_have_count(2, timeout=LIVE_MS)
    assert has_marker(page)
    assert watched.complaints == []
    watched.screenshot("agent-live")
    context.close()

    elsewhere = start_agent(console_server.url)
    imported = elsewhere.command("import", link).rsplit(maxsplit=1)[-1]
    exported = elsewhere.command("export", imported)
    kept = json.loads(exported[exported.index("{") : exported.rindex("}") + 1])
    texts = [part.get("text", "") for message in kept["messages"] for part in message["parts"]]
    assert sum(DONE in text for text in texts) == 2


def test_agent_with_a_token_in_its_path_shows_in_the_workspace(
    start_agent: StartAgent, console_server: ConsoleServer, browser: Browser
) -> None:
    alice = console_server.ask("tests.support.seed")
    context = browser.new_context()
    watched = WatchedPage(context)
    page = watched.page
    page.goto(f"{console_server.url}/workspaces/{alice['slug']}/sessions/")
    page.get_by_label("E-mail").fill(alice["email"])
    page.get_by_label("Password").fill(alice["password"])
    page.get_by_label("Password").press("Enter")
    page.wait_for_url("**/sessions/")
    put_marker(page)

    agent = start_agent(f"{console_server.url}/w/{alice['token']}")
    (link,) = links_in(agent.run("hello"))
    assert link.startswith(f"{console_server.url}/share/")
    row = page.locator("#session-list tbody tr")
    expect(row).to_contain_text(TITLE, timeout=LIVE_MS)
    expect(row).to_contain_text("scripted")
    expect(row).to_contain_text("$", timeout=LIVE_MS)
    assert has_marker(page)
    watched.screenshot("agent-sessions")
    context.close()
    assert alice["token"] not in console_server.log


def count_of(server: ConsoleServer, table: str) -> int:
    with closing(sqlite3.connect(f"file:{server.data_dir}/console.sqlite3?mode=ro", uri=True)) as database:
        return int(database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
