"""axe finds nothing on the main pages, in light and in dark."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage, sign_in
from tests.support.live import wait_until_live
from tests.support.replay import RecordedAgent
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
PEOPLE = ["members/", "invitations/", "invitations/new/", "settings/address/", "leave/", "delete/", "export/"]


def violations(page: Page) -> list[str]:
    """Each as its rule with the first element it is about."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/nothing-here",
        "/docs",
        "/docs/api",
        "/docs/limits",
    ],
)
def test_entrance_pages_are_accessible(
    shared_server: ConsoleServer, open_page: OpenPage, path: str, scheme: str
) -> None:
    assert violations(open_page(shared_server.url + path, color_scheme=scheme).page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_share_page_is_accessible(shared_server: ConsoleServer, open_page: OpenPage, scheme: str) -> None:
    agent = RecordedAgent(shared_server.url, "share_1.18.33.jsonl")
    agent.play_rest()
    watched = open_page(agent.link, color_scheme=scheme)
    wait_until_live(watched.page)
    watched.screenshot(f"share-{scheme}")
    watched.page.get_by_role("button", name="More of this session").click()
    found = {"page": violations(watched.page)}
    for tab in ("changes", "tools"):
        watched.page.goto(f"{agent.link}/{tab}")
        found[tab] = violations(watched.page)
    assert {place: problems for place, problems in found.items() if problems} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_data_pages_are_accessible(
    shared_server: ConsoleServer, open_page: OpenPage, shared_alice: dict[str, str], scheme: str
) -> None:
    watched = open_page(shared_server.url, color_scheme=scheme)
    sign_in(watched.page, shared_alice)
    found = {}
    for path in ["/accounts/data/", "/accounts/notifications/", "/machines/", "/workspaces/"]:
        watched.page.goto(f"{shared_server.url}{path}")
        watched.screenshot(f"{path}-{scheme}")
        found[path] = violations(watched.page)
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_workspace_pages_are_accessible(
    shared_server: ConsoleServer, open_page: OpenPage, shared_alice: dict[str, str], scheme: str
) -> None:
    agent = RecordedAgent(f"{shared_server.url}/w/{shared_alice['token']}", "share_1.18.33.jsonl")
    agent.play_rest()
    watched = open_page(shared_server.url, color_scheme=scheme)
    sign_in(watched.page, shared_alice)
    workspace = f"{shared_server.url}/workspaces/{shared_alice['slug']}"
    found = {}
    session = f"sessions/{agent.session_id}/"
    tabs = [session, f"{session}changes", f"{session}tools", f"{session}snapshots/"]
    agents = ["inbox/", "steering/", "github/"]
    for path in ["", "sessions/", *tabs, *agents, "keys/", "keys/new/", "tokens/", "settings/", *PEOPLE]:
        answer = watched.page.goto(f"{workspace}/{path}")
        assert answer is not None
        assert answer.ok, path
        watched.screenshot(f"{path}-{scheme}")
        found[path] = violations(watched.page)
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.fixture(scope="module")
def model_pages(shared_server: ConsoleServer, shared_alice: dict[str, str]) -> list[str]:
    """The pages of models, providers and requests, some of them with nothing to show, under alice's workspace."""
    seeded = shared_server.ask("tests.support.model_seed", "http://127.0.0.1:9/v1")
    provider, model = f"providers/{seeded['provider']}/", f"models/{seeded['model']}/"
    models = ["models/", "models/new/", model, f"{model}delete/"]
    providers = ["providers/", "providers/new/", provider, f"{provider}rotate/", f"{provider}delete/"]
    requests = ["usage/requests/", "usage/requests/one/?id=req_failed", "sessions/ses_seeded/calls/"]
    return [*models, *providers, *requests, "sessions/ses_none/calls/"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_model_pages_are_accessible(
    shared_server: ConsoleServer,
    open_page: OpenPage,
    shared_alice: dict[str, str],
    model_pages: list[str],
    scheme: str,
) -> None:
    watched = open_page(shared_server.url, color_scheme=scheme)
    sign_in(watched.page, shared_alice)
    found = {}
    for path in model_pages:
        answer = watched.page.goto(f"{shared_server.url}/workspaces/{shared_alice['slug']}/{path}")
        assert answer is not None
        assert answer.ok, path
        watched.screenshot(f"gateway-{path.partition('/')[0]}-{model_pages.index(path)}-{scheme}")
        found[path] = violations(watched.page)
    assert {path: problems for path, problems in found.items() if problems} == {}
