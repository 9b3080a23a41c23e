"""The real opencode agent, unmodified, signed in: let in by code, sharing, configured, refreshing, revoked."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.agent.agent import Agent, agent_binary, links_in
from tests.agent.conftest import StartAgent
from tests.agent.test_real_agent import count_of
from tests.browser.conftest import sign_in
from tests.support.browser import WatchedPage
from tests.support.fixtures import StartServer
from tests.support.live import LIVE_MS
from tests.support.server import ConsoleServer
from tests.unit.workspaces.test_configuration_checking import GOOD
from workspaces.configuration import check

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.timeout(600)]

SHORTLIVED = {"DJANGO_SETTINGS_MODULE": "tests.support.shortlived_settings"}
NOWHERE = "http://127.0.0.1:9"
MANAGED = {"username": "the whole team", "share": "auto"}


@pytest.fixture
def bare_agent(tmp_path: Path) -> Agent:
    """An agent without a server of its own, for commands that end by themselves."""
    return Agent(agent_binary(), tmp_path, NOWHERE, NOWHERE)


def settings_of(agent: Agent) -> dict[str, object]:
    """What the agent's configuration comes to, all sources merged."""
    said = agent.command("debug", "config")
    found: dict[str, object] = json.loads(said[said.index("{") : said.rindex("}") + 1])
    return found


def tokens_given(server: ConsoleServer) -> int:
    return count_of(server, "accounts_devicetoken")


def test_agent_logs_in_shares_is_configured_refreshes_and_is_revoked(
    start_server: StartServer, start_agent: StartAgent, browser: Browser
) -> None:
    server = start_server(environment=SHORTLIVED)
    alice = server.ask("tests.support.seed")
    agent = start_agent(NOWHERE)
    context = browser.new_context()
    watched = WatchedPage(context)
    page = watched.page

    with agent.logging_in(server.url) as login:
        page.goto(login.link())
        page.get_by_label("E-mail").fill(alice["email"])
        page.get_by_label("Password").fill(alice["password"])
        page.get_by_label("Password").press("Enter")
        expect(page.get_by_text("opencode/1.18.33")).to_be_visible()
        assert page.locator(".user-code").inner_text() in login.said
        watched.screenshot("agent-asks-in")
        page.get_by_role("button", name="The codes match, connect").click()
        assert login.end() == 0
        assert alice["email"] in login.said

    # Each call finds its token too old, so each is a refresh before.
    before = tokens_given(server)
    assert "Alpha" in agent.command("console", "orgs")
    assert tokens_given(server) > before

    page.goto(f"{server.url}/workspaces/{alice['slug']}/configuration/")
    page.get_by_role("textbox", name="Configuration", exact=True).fill(json.dumps(MANAGED))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Version 1 is saved;")).to_be_visible()
    assert settings_of(agent)["username"] == "the whole team"

    (link,) = links_in(agent.run("hello"))
    assert link.startswith(f"{server.url}/share/")
    page.goto(f"{server.url}/workspaces/{alice['slug']}/sessions/")
    row = page.locator("#session-list tbody tr")
    expect(row).to_contain_text("scripted", timeout=LIVE_MS)
    expect(row).to_contain_text("alice", ignore_case=True)
    watched.screenshot("agent-signed-in-sessions")

    page.goto(f"{server.url}/accounts/devices/")
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the device").click()
    expect(page.get_by_text("is signed out")).to_be_visible()
    assert "Alpha" not in agent.command("console", "orgs")
    assert settings_of(agent)["username"] != "the whole team"
    assert tokens_given(server) == 0
    assert watched.complaints == []
    context.close()


def test_agent_that_is_kept_out_says_so(console_server: ConsoleServer, bare_agent: Agent, browser: Browser) -> None:
    alice = console_server.ask("tests.support.seed")
    context = browser.new_context()
    page = context.new_page()
    page.goto(console_server.url)
    sign_in(page, alice)
    with bare_agent.logging_in(console_server.url) as login:
        page.goto(login.link())
        page.get_by_role("button", name="Cancel").click()
        login.end()
        assert "denied" in login.said.lower()
    assert count_of(console_server, "accounts_device") == 0
    context.close()


def test_auth_login_runs_nothing_and_keeps_nothing(console_server: ConsoleServer, bare_agent: Agent) -> None:
    code, said = bare_agent.attempt("auth", "login", console_server.url)
    assert code != 0
    assert "Running" not in said
    assert "0 credentials" in bare_agent.command("auth", "list")


def test_agent_refuses_what_the_console_refuses(bare_agent: Agent) -> None:
    wrong: list[dict[str, object]] = [
        {"share": "sometimes"},
        {"permission": {"bash": "maybe"}},
        {"mcp": {"x": {"type": "local"}}},
        {"provider": {"corp": {"models": {"a": {"limit": {"context": 1}}}}}},
    ]
    said = [bare_agent.attempt("debug", "config", OPENCODE_CONFIG_CONTENT=json.dumps(config))[1] for config in wrong]
    assert ["is invalid" in text for text in said] == [True] * len(wrong), said
    assert all(check(json.dumps(config), 65536).problems for config in wrong)


def test_agent_starts_with_what_the_console_takes(bare_agent: Agent) -> None:
    config = {**GOOD, "plugin": [], "a_key_nobody_knows": 1}
    code, said = bare_agent.attempt("debug", "config", OPENCODE_CONFIG_CONTENT=json.dumps(config))
    assert code == 0, said
