"""The real agent with the bridge: what it waits for shows in the console, live, and what becomes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from steering.plugin import BRIDGE_VERSION
from tests.agent.agent import CODE_LINK, Agent, agent_binary
from tests.agent.fake_model import FakeModel
from tests.browser.conftest import sign_in
from tests.support.browser import PHONE, WatchedPage
from tests.support.processes import wait_until
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.timeout(600)]
NOWHERE = "http://127.0.0.1:9"
AGENT_MS = 60_000
AGENT_SECONDS = 60


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

    @property
    def cards(self) -> Locator:
        return self.page.locator(".ask")

    def look_at(self, session: str) -> None:
        self.page.goto(f"{self.server.url}/workspaces/{self.alice['slug']}/sessions/{session}/")

    def prompt(self, text: str) -> str:
        """A new session with something to do, and its page."""
        session = self.agent.prompt(text)
        self.look_at(session)
        return session


@pytest.fixture(scope="module")
def scene(shared_server: ConsoleServer, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Scene]:
    server, folder = shared_server, tmp_path_factory.mktemp("machine")
    alice = server.ask("tests.support.seed")
    with FakeModel(folder / "project") as model:
        agent = Agent(agent_binary(), folder, NOWHERE, model.url, permission="ask", bridge_mode="watch")
        with agent.logging_in(server.url) as login:
            code = CODE_LINK.search(login.link())[0].partition("user_code=")[2]  # type: ignore[index]
            server.ask("tests.support.device_approve", code, alice["email"])
            assert login.end() == 0
        context = browser.new_context(viewport=PHONE)
        watched = WatchedPage(context)
        watched.page.goto(server.url)
        sign_in(watched.page, alice)
        with agent.serving():
            yield Scene(server, agent, alice, watched)
        context.close()


def test_command_that_waits_shows_on_the_phone_and_goes_when_it_was_answered_at_the_machine(scene: Scene) -> None:
    target = scene.agent.project / "made"
    scene.prompt(f"RUN_TOOL touch {target}")
    expect(scene.cards).to_contain_text(f"touch {target}", timeout=AGENT_MS)
    expect(scene.cards).to_contain_text("Waits for alice")
    scene.watched.screenshot("ask-phone")
    assert not target.exists()
    (waiting,) = scene.agent.call("GET", "/permission")
    scene.agent.call("POST", f"/permission/{waiting['id']}/reply", {"reply": "once"})
    expect(scene.cards).to_have_count(0, timeout=AGENT_MS)
    wait_until(target.exists, "the command has run", AGENT_SECONDS)
    assert scene.watched.complaints == []


def test_change_question_and_subagents_command_show_and_a_stopped_run_waits_for_nothing(scene: Scene) -> None:
    scene.prompt("WRITE_FILE notes.txt")
    expect(scene.cards).to_contain_text("notes.txt", timeout=AGENT_MS)
    expect(scene.cards).to_contain_text("+one line")
    scene.watched.screenshot("ask-change")

    scene.prompt("ASK_PERSON Which database?")
    expect(scene.cards).to_contain_text("Which database?", timeout=AGENT_MS)
    expect(scene.cards).to_contain_text("MySQL")
    scene.watched.screenshot("ask-question")

    session = scene.prompt(f"SUBAGENT RUN_TOOL touch {scene.agent.project / 'nested'}")
    wait_until(lambda: _answered(scene, "task"), "the agent asks for the subagent, or runs it", AGENT_SECONDS)
    expect(scene.cards).to_contain_text("nested", timeout=AGENT_MS)
    expect(scene.cards).to_contain_text("by a subagent")
    scene.watched.screenshot("ask-subagent")
    scene.agent.call("POST", f"/session/{session}/abort")
    expect(scene.cards).to_have_count(0, timeout=AGENT_MS)

    scene.page.goto(f"{scene.server.url}/workspaces/{scene.alice['slug']}/sessions/")
    expect(scene.page.get_by_text("Waits for you")).to_have_count(2)
    scene.watched.screenshot("asks-in-list")
    scene.page.goto(f"{scene.server.url}/machines/")
    expect(scene.page.get_by_text("Waits for you (2)")).to_be_visible()
    scene.watched.screenshot("machines")
    assert scene.watched.complaints == []


def _answered(scene: Scene, permission: str) -> bool:
    """Allow what waits of this kind at the machine; true when something else waits."""
    waiting = scene.agent.call("GET", "/permission")
    for each in waiting:
        if each["permission"] == permission:
            scene.agent.call("POST", f"/permission/{each['id']}/reply", {"reply": "once"})
    return any("nested" in str(each["metadata"]) for each in waiting)


def test_asks_outlive_the_console_and_not_their_agent(scene: Scene) -> None:
    session = scene.prompt(f"RUN_TOOL touch {scene.agent.project / 'later'}")
    expect(scene.cards).to_contain_text("later", timeout=AGENT_MS)
    scene.server.kill9()
    scene.server.start()
    scene.look_at(session)
    expect(scene.cards).to_contain_text("later", timeout=AGENT_MS)
    scene.agent.kill9()
    expect(scene.cards).to_have_count(0, timeout=AGENT_MS)
    scene.page.goto(f"{scene.server.url}/machines/")
    expect(scene.page.get_by_text("No agent is connected.")).to_be_visible(timeout=AGENT_MS)
    assert not (scene.agent.project / "later").exists()


def test_agent_installs_the_bridge_from_the_console(shared_server: ConsoleServer, tmp_path: Path) -> None:
    agent = Agent(agent_binary(), tmp_path, NOWHERE, NOWHERE)
    address = f"{shared_server.url}/agent/bridge-{BRIDGE_VERSION}.tgz"
    said = agent.command("plugin", f"console-bridge@{address}", "--global")
    config = tmp_path / "home/.config/opencode"
    assert address in "".join(file.read_text() for file in config.glob("*.json*")), said
    installed = list((tmp_path / "home").rglob("console-bridge/bridge.js"))
    assert len(installed) == 1, said
