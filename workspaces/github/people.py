"""Whether a person administers an owner on GitHub: they sign in there to the App, and GitHub says what they are."""

import base64
import hashlib
from typing import Any, Final
from urllib.parse import quote, urlencode

from opencode.lib.githubapp import GithubApp
from workspaces.errors import GithubOff, GithubOwnerNotYours
from workspaces.github.calls import github_call

OK: Final = 200


def sign_in_url(app: GithubApp, *, state: str, verifier: str, back: str) -> str:
    """Where the person goes on GitHub; it sends them `back` with a code. Raises GithubOff without a client id."""
    if not app.client_id:
        raise GithubOff("Following an owner needs OPENCODE_GITHUB_APP_CLIENT_ID and _SECRET.")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": app.client_id,
        "redirect_uri": back,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{app.web}/login/oauth/authorize?{urlencode(asked)}"


def owner_administered(app: GithubApp, *, login: str, code: str, verifier: str, back: str) -> tuple[int, str]:
    """Id and login of the owner: the person themselves, or an organisation that they administer.

    Raises GithubOwnerNotYours, GithubUnreachable.
    """
    form = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
    }
    _, answer = github_call("POST", f"{app.web}/login/oauth/access_token", form=form)
    token = answer.get("access_token")
    if not isinstance(token, str):
        raise GithubOwnerNotYours("GitHub did not confirm that you signed in; try again.")
    _, person = github_call("GET", f"{app.api}/user", bearer=token)
    if _is(person, login):
        return int(person["id"]), str(person["login"])
    status, membership = github_call("GET", f"{app.api}/user/memberships/orgs/{quote(login)}", bearer=token)
    organisation = membership.get("organization") or {}
    is_admin = membership.get("state") == "active" and membership.get("role") == "admin"
    if status != OK or not is_admin or not _is(organisation, login):
        raise GithubOwnerNotYours
    return int(organisation["id"]), str(organisation["login"])


def _is(account: dict[str, Any], login: str) -> bool:
    return str(account.get("login", "")).lower() == login.lower() and isinstance(account.get("id"), int)
