"""The real agent with the bridge: what it waits for shows in the console, live, and what becomes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.agent.agent import CODE_LINK, Agent, agent_binary
from tests.agent.fake_model import FakeModel
from tests.browser.conftest import sign_in
from tests.support.browser import WatchedPage
from tests.support.processes import wait_until
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.timeout(300)]
NOWHERE = "http://127.0.0.1:9"
AGENT_MS = 60_000


@dataclass
class Scene:
    """An agent that alice let in, working; and her phone."""

    server: ConsoleServer
    agent: Agent
    alice: dict[str, str]
    watched: WatchedPage

    @property
    def page(self) -> Page:
        return self.watched.page

    def look_at(self, session: str) -> None:
        self.page.goto(f"{self.server.url}/workspaces/{self.alice['slug']}/sessions/{session}/")


@pytest.fixture
def scene(console_server: ConsoleServer, tmp_path: Path, browser: Browser) -> Iterator[Scene]:
    server = console_server
    alice = server.ask("tests.support.seed")
    with FakeModel(tmp_path / "project") as model:
        agent = Agent(agent_binary(), tmp_path, NOWHERE, model.url, permission="ask", has_bridge=True)
        with agent.logging_in(server.url) as login:
            code = CODE_LINK.search(login.link())[0].partition("user_code=")[2]
            server.ask("tests.support.device_approve", code, alice["email"])
            assert login.end() == 0
        context = browser.new_context(viewport={"width": 390, "height": 844})
        watched = WatchedPage(context)
        watched.page.goto(server.url)
        sign_in(watched.page, alice)
        with agent.serving():
            yield Scene(server, agent, alice, watched)
        context.close()


def test_command_that_waits_shows_on_the_phone_and_goes_when_it_was_answered_at_the_machine(scene: Scene) -> None:
    target = scene.agent.project / "made"
    session = scene.agent.prompt(f"RUN_TOOL touch {target}")
    scene.look_at(session)
    card = scene.page.locator(".ask")
    expect(card).to_contain_text(f"touch {target}", timeout=AGENT_MS)
    expect(card).to_contain_text("Waits for")
    scene.watched.screenshot("ask-phone")
    assert not target.exists()

    (waiting,) = scene.agent.call("GET", "/permission")
    scene.agent.call("POST", f"/permission/{waiting['id']}/reply", {"reply": "once"})
    expect(card).to_have_count(0, timeout=AGENT_MS)
    wait_until(target.exists, "the command has run", 60)
    assert scene.watched.complaints == []
