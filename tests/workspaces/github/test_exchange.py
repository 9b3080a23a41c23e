"""A job's signed token for an installation token: what GitHub's own words allow, and every way to get one wrongly."""

import base64
import hmac
import json
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from opencode.settings.sources.environment import Environment
from opencode.settings.sources.githubapp import read_github_app
from tests.support.github import GithubStandIn, SigningKey
from workspaces.models import GithubExchange

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


def exchanged(token: str) -> tuple[int, dict[str, Any]]:
    answer = Client().post("/exchange_github_app_token", headers={"Authorization": f"Bearer {token}"})
    found: dict[str, Any] = answer.json()
    return answer.status_code, found


def refused(token: str) -> tuple[int, str]:
    status, found = exchanged(token)
    assert isinstance(found["error"], str)
    assert found["error"].endswith(".")
    return status, found["code"]


def test_a_job_gets_a_token_for_its_one_repository(hub: GithubStandIn) -> None:
    assert exchanged(hub.job_token()) == (200, {"token": "ghs_given"})
    permissions = {"contents": "write", "issues": "write", "pull_requests": "write"}
    assert hub.given == [{"repository_ids": [7001], "permissions": permissions}]
    row = GithubExchange.objects.get()
    assert (row.repository, row.actor, row.event, row.run_id) == ("acme/rocket", "alice", "issue_comment", 31)
    assert row.outcome == "token"


def test_a_signed_token_is_taken_once(hub: GithubStandIn) -> None:
    token = hub.job_token()
    assert exchanged(token)[0] == 200
    assert refused(token) == (401, "github_token_used")
    assert len(hub.given) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "sigstore"},
        {"aud": None},
        {"iss": "https://token.actions.githubusercontent.com"},
        {"iss": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"nbf": None},
        {"jti": None},
        {"jti": ""},
        {"repository_id": None},
        {"repository_id": "all"},
        {"repository": "acme/../../user"},
        {"repository": "acme/rocket?x=1"},
        {"repository_owner_id": None},
        {"actor": "alice/../../.."},
        {"event_name": None},
    ],
    ids=str,
)
def test_a_token_for_another_use_is_refused(hub: GithubStandIn, changed: dict[str, Any]) -> None:
    assert refused(hub.job_token(**changed)) == (401, "github_token_invalid")
    assert not GithubExchange.objects.exists()
    assert hub.given == []


def test_unsigned_and_self_signed_tokens_are_refused(hub: GithubStandIn) -> None:
    impostor = SigningKey("first")
    assert refused(hub.job_token(algorithm="none")) == (401, "github_token_invalid")
    assert refused(hub.job_token(impostor)) == (401, "github_token_invalid")
    assert refused("nonsense") == (401, "github_token_invalid")
    assert refused("x" * 20_000) == (401, "github_token_invalid")
    assert refused("") == (401, "credentials_missing")


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_the_public_key_as_a_shared_secret_is_refused(hub: GithubStandIn) -> None:
    """The oldest trick: HS256 with what everybody can read."""
    claims = jwt.decode(hub.job_token(), options={"verify_signature": False})
    text = f"{packed({'alg': 'HS256', 'kid': 'first'})}.{packed(claims)}"
    mac = hmac.digest(json.dumps(hub.signers[0].published()).encode(), text.encode(), "sha256")
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    assert refused(f"{text}.{signature}") == (401, "github_token_invalid")


def test_a_changed_claim_breaks_the_signature(hub: GithubStandIn) -> None:
    header, body, signature = hub.job_token().split(".")
    claims = jwt.decode(f"{header}.{body}.{signature}", options={"verify_signature": False})
    changed = packed(claims | {"repository_id": "7002"})
    assert refused(f"{header}.{changed}.{signature}") == (401, "github_token_invalid")


def test_a_forged_subject_changes_nothing(hub: GithubStandIn) -> None:
    assert exchanged(hub.job_token(sub="repo:acme/secret:ref:refs/heads/main"))[0] == 200
    assert hub.given[0]["repository_ids"] == [7001]


def test_foreign_owners_are_refused_before_github_is_asked(hub: GithubStandIn) -> None:
    token = hub.job_token(repository="evil/x", repository_owner="evil", repository_owner_id="66")
    assert refused(token) == (403, "github_owner_unserved")
    assert [path for _, path in hub.calls if path.startswith("/api")] == []
    assert not GithubExchange.objects.exists()


def test_a_name_that_passed_to_another_owner_is_refused(hub: GithubStandIn) -> None:
    assert refused(hub.job_token(repository_owner_id="4711")) == (404, "github_app_not_installed")
    assert hub.given == []


def test_repositories_without_the_app_are_refused(hub: GithubStandIn) -> None:
    token = hub.job_token(repository="acme/secret", repository_id="7002")
    assert refused(token) == (404, "github_app_not_installed")
    assert GithubExchange.objects.get().outcome == "github_app_not_installed"


def test_a_token_that_reaches_further_is_given_back(hub: GithubStandIn) -> None:
    hub.widens = True
    assert refused(hub.job_token()) == (503, "github_unreachable")
    assert hub.revoked == 1


@pytest.mark.parametrize("event", ["issue_comment", "pull_request_review_comment", "issues", "workflow_run"])
def test_who_may_not_write_gets_no_token_by_a_comment(hub: GithubStandIn, event: str) -> None:
    """A comment on a fork's change carries the base repository's ids: only GitHub knows whether its writer may."""
    token = hub.job_token(event_name=event, actor="mallory", actor_id="66")
    assert refused(token) == (403, "github_actor_may_not_write")
    assert hub.revoked == 1


def test_a_name_that_passed_to_a_writer_helps_nobody(hub: GithubStandIn) -> None:
    assert refused(hub.job_token(actor="alice", actor_id="66")) == (403, "github_actor_may_not_write")


def test_a_change_from_a_fork_with_the_bases_rights_is_refused(hub: GithubStandIn) -> None:
    assert refused(hub.job_token(event_name="pull_request_target")) == (403, "github_event_unsafe")
    assert hub.given == []


def test_events_of_writers_need_no_look(hub: GithubStandIn) -> None:
    assert exchanged(hub.job_token(event_name="schedule", actor="helper[bot]", actor_id="5"))[0] == 200
    assert not [path for _, path in hub.calls if path.endswith("/permission")]


def test_only_listed_workflows_may_ask(hub: GithubStandIn, settings: Settings) -> None:
    listed = hub.settings(OPENCODE_GITHUB_APP_WORKFLOWS="acme/rocket/.github/workflows/opencode.yml")
    settings.GITHUB_APP = read_github_app(Environment(**listed))
    other = "acme/rocket/.github/workflows/other.yml@refs/heads/main"
    assert exchanged(hub.job_token())[0] == 200
    assert refused(hub.job_token(job_workflow_ref=other)) == (403, "github_workflow_unserved")


def test_a_new_signing_key_is_fetched_and_an_old_one_forgotten(hub: GithubStandIn, settings: Settings) -> None:
    old, new = hub.signers[0], SigningKey("second")
    assert exchanged(hub.job_token())[0] == 200
    hub.signers = [new]
    from workspaces.github import signingkeys

    signingkeys.signing_keys(hub.issuer)._asked_at -= signingkeys.FETCH_SECONDS
    assert exchanged(hub.job_token(new))[0] == 200
    assert refused(hub.job_token(old)) == (401, "github_token_invalid")


def test_unknown_keys_do_not_make_the_console_ask_again_and_again(hub: GithubStandIn) -> None:
    for number in range(5):
        assert refused(hub.job_token(SigningKey(f"unknown{number}"))) == (401, "github_token_invalid")
    assert [path for _, path in hub.calls].count("/_services/token/.well-known/jwks") == 1


def test_strangers_do_not_make_the_console_wait_for_a_github_that_is_away(hub: GithubStandIn) -> None:
    hub.is_down = True
    said = [refused(hub.job_token(SigningKey(f"unknown{number}"))) for number in range(4)]
    assert said == [(503, "github_unreachable")] * 4
    assert [path for _, path in hub.calls] == ["/_services/token/.well-known/jwks"]


def test_no_one_waits_for_the_one_who_asks_github(hub: GithubStandIn) -> None:
    from workspaces.github.signingkeys import signing_keys

    keys = signing_keys(hub.issuer)
    assert keys._is_due("first")
    assert refused(hub.job_token()) == (503, "github_unreachable")
    assert hub.calls == []


def test_look_ups_of_all_addresses_are_bounded(hub: GithubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencode.lib.ratelimits.time", SimpleNamespace(time=lambda: 1_000_000.0))
    answers = [
        Client(REMOTE_ADDR=f"192.0.2.{number}").get("/get_github_app_installation?owner=acme&repo=rocket").status_code
        for number in range(62)
    ]
    assert answers == [200] * 60 + [429] * 2


def test_github_away_uses_nothing_up(hub: GithubStandIn) -> None:
    token = hub.job_token()
    assert exchanged(hub.job_token())[0] == 200
    hub.is_down = True
    assert refused(token) == (503, "github_unreachable")
    hub.is_down = False
    assert exchanged(token)[0] == 200


def test_the_exchange_of_personal_tokens_is_left_out(hub: GithubStandIn) -> None:
    answer = Client().post("/exchange_github_app_token_with_pat", headers={"Authorization": "Bearer github_pat_x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "github_person_token_off")


def test_without_an_app_the_routes_say_so(settings: Settings) -> None:
    settings.GITHUB_APP = None
    assert refused("x") == (404, "github_app_off")
    answer = Client().get("/get_github_app_installation?owner=acme&repo=rocket")
    assert (answer.status_code, answer.json()["code"]) == (404, "github_app_off")
    assert Client().get("/exchange_github_app_token").status_code == 405


def test_the_installer_learns_whether_the_app_is_there(hub: GithubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencode.lib.ratelimits.time", SimpleNamespace(time=lambda: 1_000_000.0))

    def asked(owner: str, repository: str) -> Any:
        answer = Client().get("/get_github_app_installation", {"owner": owner, "repo": repository})
        return answer.json() if answer.status_code == 200 else answer.status_code

    found = asked("acme", "rocket")["installation"]
    assert (found["id"], found["account"]) == (9, {"id": 100, "login": "acme"})
    assert asked("acme", "secret") == {"installation": None}
    assert asked("evil", "x") == {"installation": None}
    assert asked("acme", "../x") == 422
    assert [asked("acme", "secret") for _ in range(90)][-1] == 429
