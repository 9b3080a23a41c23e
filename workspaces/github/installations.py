"""Where the App is installed, and the token of one installation for one repository."""

from typing import Any, Final
from urllib.parse import quote

import structlog

from opencode.lib.githubapp import GithubApp
from workspaces.errors import GithubActorMayNotWrite, GithubNotInstalled, GithubUnreachable
from workspaces.github.app import app_proof
from workspaces.github.calls import github_call
from workspaces.github.jobs import Job
from workspaces.github.rules import WRITES, needs_writer

log = structlog.get_logger(__name__)
PERMISSIONS: Final = {"contents": "write", "issues": "write", "pull_requests": "write"}
IMPLIED: Final = {"metadata": "read"}
OK: Final = 200
CREATED: Final = 201
REFUSED: Final = frozenset({401, 403})
_NOT_THERE: Final = frozenset({404, 422})


def installation_of(app: GithubApp, repository: str) -> dict[str, Any] | None:
    """GitHub's description of the App's installation on `owner/name`, None when there is none.

    Raises GithubUnreachable, also when GitHub does not know the App by its key, which only the log tells.
    """
    status, answer = github_call("GET", f"{app.api}/repos/{quote(repository)}/installation", bearer=app_proof(app))
    if status in REFUSED:
        log.error("github_app_refused", status=status, why=str(answer.get("message", ""))[:200])
        raise GithubUnreachable("GitHub does not accept this console's App; its operator finds the reason in the log.")
    return answer if status == OK else None


def job_token(app: GithubApp, job: Job) -> str:
    """A token for the job's repository alone, with PERMISSIONS.

    Raises GithubNotInstalled, GithubActorMayNotWrite, GithubUnreachable.
    """
    found = installation_of(app, job.repository)
    account = (found or {}).get("account") or {}
    # A name may have passed to somebody else since the token was signed.
    if found is None or account.get("id") != job.repository_owner_id or found.get("suspended_at"):
        raise GithubNotInstalled
    token = _token(app, found["id"], job.repository_id)
    if needs_writer(job.event_name) and not _may_write(app, token, job):
        github_call("DELETE", f"{app.api}/installation/token", bearer=token)
        raise GithubActorMayNotWrite
    return token


def _token(app: GithubApp, installation_id: int, repository_id: int) -> str:
    url = f"{app.api}/app/installations/{int(installation_id)}/access_tokens"
    asked = {"repository_ids": [repository_id], "permissions": PERMISSIONS}
    status, answer = github_call("POST", url, bearer=app_proof(app), json_body=asked)
    if status in _NOT_THERE:
        raise GithubNotInstalled
    token = answer.get("token")
    if status != CREATED or not isinstance(token, str):
        log.error("github_token_not_given", status=status)
        raise GithubUnreachable
    given = [repository.get("id") for repository in answer.get("repositories", [])]
    if given != [repository_id] or not (answer.get("permissions") or {}).items() <= (PERMISSIONS | IMPLIED).items():
        log.error("github_token_too_wide", repositories=len(given))
        github_call("DELETE", f"{app.api}/installation/token", bearer=token)
        raise GithubUnreachable
    return token


def _may_write(app: GithubApp, token: str, job: Job) -> bool:
    """What GitHub says of the job's actor now; of a name that passed to somebody else, nothing."""
    url = f"{app.api}/repos/{quote(job.repository)}/collaborators/{quote(job.actor)}/permission"
    status, answer = github_call("GET", url, bearer=token)
    is_same = (answer.get("user") or {}).get("id") == job.actor_id
    return status == OK and is_same and answer.get("permission") in WRITES
