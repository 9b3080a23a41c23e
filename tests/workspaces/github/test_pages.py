"""The page for GitHub Actions: following an owner through GitHub, the exchanges, the workflow to paste."""

from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from django.core.cache import cache
from django.test import Client

from tests.cast import Cast, SignIn, acting
from tests.support.github import GithubStandIn
from tests.workspaces.github.test_exchange import exchanged
from workspaces.github.workflow import workflow_text
from workspaces.models import AuditEntry, GithubOwner
from workspaces.services.deletions import workspace_delete

PAGE = "/workspaces/alpha/github/"


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


def followed(client: Client, owner: str = "acme", code: str = "good", page: str = PAGE) -> str:
    """What the page says after the way over GitHub."""
    asked = client.post(f"{page}claim/", {"owner": owner})
    query = parse_qs(urlsplit(asked.context["url"]).query)
    assert query["code_challenge_method"] == ["S256"]
    client.get("/github/callback", {"code": code, "state": query["state"][0]})
    return client.get(page).content.decode()


def test_an_admin_follows_an_organisation_and_sees_its_exchanges(
    cast: Cast, sign_in: SignIn, hub: GithubStandIn
) -> None:
    bob = sign_in(cast.bob)
    assert "This workspace follows acme now." in followed(bob)
    exchanged(hub.job_token())
    exchanged(hub.job_token(event_name="pull_request_target"))
    page = bob.get(PAGE).content.decode()
    assert "Token given" in page
    assert "Runs a stranger&#x27;s change" in page
    actions = list(
        AuditEntry.objects.filter(action__startswith="github.").values_list("action", flat=True).order_by("seq")
    )
    assert actions == ["github.claim", "github.token", "github.refuse"]


def test_a_person_follows_themselves(cast: Cast, sign_in: SignIn, hub: GithubStandIn) -> None:
    assert "follows alice now" in followed(sign_in(cast.bob), "Alice")
    assert GithubOwner.objects.get().owner_id == 1


def test_who_does_not_administer_it_does_not_follow_it(cast: Cast, sign_in: SignIn, hub: GithubStandIn) -> None:
    hub.admins = set()
    assert "neither this user nor an administrator" in followed(sign_in(cast.bob))
    assert "did not confirm" in followed(sign_in(cast.bob), code="bad")
    assert not GithubOwner.objects.exists()


def test_an_answer_that_this_browser_did_not_ask_for_changes_nothing(
    cast: Cast, sign_in: SignIn, hub: GithubStandIn
) -> None:
    bob = sign_in(cast.bob)
    bob.get("/github/callback", {"code": "good", "state": "x"})
    bob.post(f"{PAGE}claim/", {"owner": "acme"})
    bob.get("/github/callback", {"code": "good", "state": "forged"})
    assert not GithubOwner.objects.exists()


def test_one_workspace_follows_an_owner_at_a_time(cast: Cast, sign_in: SignIn, hub: GithubStandIn) -> None:
    followed(sign_in(cast.bob))
    charlie = sign_in(cast.charlie)
    assert "Another workspace" in followed(charlie, page="/workspaces/gamma/github/")
    bob = sign_in(cast.bob)
    bob.post(f"{PAGE}100/release/")
    assert "follows acme now" in followed(charlie, page="/workspaces/gamma/github/")


def test_a_deleted_workspace_follows_nobody(cast: Cast, sign_in: SignIn, hub: GithubStandIn) -> None:
    followed(sign_in(cast.bob))
    workspace_delete(workspace=cast.alpha, actor=acting(cast.alice))
    assert "follows acme now" in followed(sign_in(cast.charlie), page="/workspaces/gamma/github/")


def test_members_see_how_and_not_who(cast: Cast, sign_in: SignIn, hub: GithubStandIn) -> None:
    followed(sign_in(cast.bob))
    carol = sign_in(cast.carol)
    page = carol.get(PAGE).content.decode()
    assert "OIDC_BASE_URL" in page
    assert "Followed owners" not in page
    assert carol.post(f"{PAGE}claim/", {"owner": "acme"}).status_code == 403


def test_bad_names_are_refused_beside_the_field(cast: Cast, sign_in: SignIn, hub: GithubStandIn) -> None:
    answer = sign_in(cast.bob).post(f"{PAGE}claim/", {"owner": "acme/rocket"})
    assert answer.status_code == 422
    assert "no name of a GitHub user" in answer.content.decode()


def test_the_workflow_is_yaml_with_the_consoles_address_and_model() -> None:
    models = {
        "model": "console/claude",
        "provider": {
            "console": {"options": {"baseURL": "https://c/gw/w/v1"}, "models": {"gpt": {}, "claude": {"a": 1}}}
        },
    }
    for given, model in ((models, "console/claude"), ({}, "anthropic/claude-sonnet-4-5")):
        job = yaml.safe_load(workflow_text("https://c", given))["jobs"]["opencode"]
        environment = job["steps"][-1]["env"]
        assert job["permissions"]["id-token"] == "write"
        assert (environment["OIDC_BASE_URL"], environment["MODEL"]) == ("https://c", model)
    with_models = yaml.safe_load(workflow_text("https://c", models))["jobs"]["opencode"]["steps"][-1]["env"]
    config = yaml.safe_load(with_models["OPENCODE_CONFIG_CONTENT"])
    assert list(config["provider"]["console"]["models"]) == ["claude"]
    assert with_models["OPENCODE_CONSOLE_TOKEN"] == "${{ secrets.OPENCODE_CONSOLE_KEY }}"
