"""`opencode github run`, as a job of GitHub Actions runs it: it gets its token from this console."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.agent.agent import agent_binary
from tests.support.fixtures import StartServer
from tests.support.github import GithubStandIn, SigningKey, github

RUN_SECONDS = 60
EVENT = {
    "action": "created",
    "repository": {"name": "rocket", "owner": {"login": "acme"}},
    "issue": {"number": 1, "title": "Broken"},
    "comment": {"id": 2, "body": "/opencode explain this", "user": {"login": "alice"}},
}
pytestmark = [pytest.mark.embedded, pytest.mark.timeout(180)]


def job(folder: Path, console: str, hub: GithubStandIn) -> subprocess.CompletedProcess[str]:
    """One job's step. GitHub itself is not there, so it ends at its first call of GitHub's API."""
    event = folder / "event.json"
    event.write_text(json.dumps(EVENT))
    project = folder / "project"
    project.mkdir()
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "issue_comment",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "acme/rocket",
        "GITHUB_ACTOR": "alice",
        "GITHUB_RUN_ID": "31",
        "GITHUB_API_URL": f"{hub.url}/api/v3",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{hub.url}/actions/token?version=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the runner",
        "OIDC_BASE_URL": f"{console}/",
        "MODEL": "anthropic/claude-sonnet-4-5",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        # Nothing but loopback is reached.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        [str(agent_binary()), "github", "run"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )


def test_the_agents_action_gets_its_token_here(start_server: StartServer, tmp_path: Path) -> None:
    with github(SigningKey("app"), SigningKey("first")) as hub:
        server = start_server(environment=hub.settings())
        done = job(tmp_path, server.url, hub)
        said = done.stdout + done.stderr
        print(said)  # noqa: T201
        assert "App token exchange failed" not in said
        assert "Could not fetch an OIDC token" not in said
        assert hub.given == [
            {
                "repository_ids": [7001],
                "permissions": {"contents": "write", "issues": "write", "pull_requests": "write"},
            }
        ]
        assert "outcome=token" in server.log
