"""The real agent is told from a phone what its person decided, and does that and nothing else."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.agent.agent import CODE_LINK, Agent, agent_binary
from tests.agent.fake_model import FakeModel
from tests.agent.test_bridge import AGENT_MS, AGENT_SECONDS, NOWHERE, Scene
from tests.browser.test_second_factors import totp_code
from tests.support.browser import PHONE, WatchedPage
from tests.support.processes import wait_until
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def scene(shared_server: ConsoleServer, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Scene]:
    """As in the tests of watching; the machine and the workspace allow decisions, and the phone showed a code."""
    server, folder = shared_server, tmp_path_factory.mktemp("machine")
    alice = server.ask("tests.support.seed")
    secret = server.ask("tests.support.steering_seed", alice["email"])["secret"]
    with FakeModel(folder / "project") as model:
        agent = Agent(agent_binary(), folder, NOWHERE, model.url, permission="ask", bridge_mode="prompt")
        with agent.logging_in(server.url) as login:
            code = CODE_LINK.search(login.link())[0].partition("user_code=")[2]  # type: ignore[index]
            server.ask("tests.support.device_approve", code, alice["email"])
            assert login.end() == 0
        context = browser.new_context(viewport=PHONE)
        watched = WatchedPage(context)
        page = watched.page
        page.goto(f"{server.url}/workspaces/{alice['slug']}/sessions/")
        page.get_by_label("E-mail").fill(alice["email"])
        page.get_by_label("Password").fill(alice["password"])
        page.get_by_label("Password").press("Enter")
        page.get_by_label("Code").fill(totp_code(secret))
        page.get_by_label("Code").press("Enter")
        page.wait_for_url("**/sessions/")
        with agent.serving():
            yield Scene(server, agent, alice, watched)
        context.close()


def open_ask(scene: Scene, words: str) -> Page:
    expect(scene.cards).to_contain_text(words, timeout=AGENT_MS)
    scene.cards.get_by_role("link", name="Open").click()
    expect(scene.page.locator(".ask")).to_contain_text(words)
    return scene.page


def test_what_is_allowed_runs_and_what_is_refused_does_not(scene: Scene) -> None:
    allowed, refused = scene.agent.project / "allowed", scene.agent.project / "refused"
    scene.prompt(f"RUN_TOOL touch {allowed}")
    page = open_ask(scene, f"touch {allowed}")
    scene.watched.screenshot("decide-phone")
    assert not allowed.exists()
    page.get_by_role("button", name="Allow once").click()
    expect(page.get_by_text("The agent has taken it.")).to_be_visible(timeout=AGENT_MS)
    wait_until(allowed.exists, "the command has run", AGENT_SECONDS)
    scene.watched.screenshot("decided-phone")

    session = scene.prompt(f"RUN_TOOL touch {refused}")
    page = open_ask(scene, f"touch {refused}")
    page.get_by_label("Words for the agent").fill("use make clean")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("The agent has taken it.")).to_be_visible(timeout=AGENT_MS)
    messages = wait_until(lambda: _idle_messages(scene, session), "the agent goes on and ends", AGENT_SECONDS)
    assert "use make clean" in messages
    assert not refused.exists()
    assert scene.watched.complaints == []


def _idle_messages(scene: Scene, session: str) -> str:
    if session in scene.agent.call("GET", "/session/status"):
        return ""
    return json.dumps(scene.agent.call("GET", f"/session/{session}/message"))


def test_answer_reaches_the_model_and_a_subagents_command_runs(scene: Scene) -> None:
    session = scene.prompt("ASK_PERSON Which database?")
    page = open_ask(scene, "Which database?")
    page.get_by_label("MySQL").check()
    scene.watched.screenshot("answer-phone")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("The agent has taken it.")).to_be_visible(timeout=AGENT_MS)
    assert "MySQL" in wait_until(lambda: _idle_messages(scene, session), "the agent goes on and ends", AGENT_SECONDS)

    nested = scene.agent.project / "nested"
    scene.prompt(f"SUBAGENT RUN_TOOL touch {nested}")
    page = open_ask(scene, "nested")
    page.get_by_role("button", name="Allow once").click()
    wait_until(nested.exists, "the subagent's command has run", AGENT_SECONDS)
    assert scene.watched.complaints == []


def test_prompts_reach_a_working_session_and_an_idle_one_and_a_run_is_stopped(scene: Scene) -> None:
    session = scene.prompt(f"RUN_TOOL touch {scene.agent.project / 'first'}")
    expect(scene.cards).to_contain_text("first", timeout=AGENT_MS)
    page = scene.page
    page.get_by_label("Prompt").fill("read this next")
    page.reload()
    expect(page.get_by_label("Prompt")).to_have_value("read this next")
    scene.watched.screenshot("steer-phone")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The agent has taken it.")).to_be_visible(timeout=AGENT_MS)
    expect(page.get_by_label("Prompt")).to_have_value("")
    (waiting,) = scene.agent.call("GET", "/permission")
    scene.agent.call("POST", f"/permission/{waiting['id']}/reply", {"reply": "once"})
    said = wait_until(lambda: _idle_messages(scene, session), "the agent goes on and ends", AGENT_SECONDS)
    assert "you said: read this next" in said

    target = scene.agent.project / "stopped"
    expect(page.get_by_text("is idle")).to_be_visible(timeout=AGENT_MS)
    page.get_by_label("Prompt").fill(f"RUN_TOOL touch {target}")
    page.get_by_label("Prompt").press("Control+Enter")
    expect(scene.cards).to_contain_text(f"touch {target}", timeout=AGENT_MS)
    page.get_by_role("button", name="Stop the run").click()
    expect(scene.cards).to_have_count(0, timeout=AGENT_MS)
    expect(page.get_by_text("Stop, ")).to_contain_text("The agent has taken it.", timeout=AGENT_MS)
    wait_until(lambda: _idle_messages(scene, session), "the agent is idle", AGENT_SECONDS)
    scene.watched.screenshot("stopped-phone")
    assert not target.exists()
    assert scene.watched.complaints == []


def test_machine_that_no_longer_allows_it_stays_untouched(scene: Scene) -> None:
    """Lowering the mode counts at once: the console believes what the bridge said at its hello."""
    target = scene.agent.project / "forbidden"
    scene.prompt(f"RUN_TOOL touch {target}")
    page = open_ask(scene, f"touch {target}")
    scene.agent.set_bridge_mode("watch")
    page.get_by_role("button", name="Allow once").click()
    expect(page.get_by_text("The machine does not allow it.")).to_be_visible(timeout=AGENT_MS)
    assert f"touch {target}" in [each["metadata"]["command"] for each in scene.agent.call("GET", "/permission")]
    assert not target.exists()
    assert scene.watched.complaints == []
