"""The App that the host has set up, and how it proves itself to GitHub."""

import time
from typing import Final

import jwt
from django.conf import settings

from opencode.lib.githubapp import GithubApp
from workspaces.errors import GithubOff

CLOCK_SECONDS: Final = 60
PROOF_SECONDS: Final = 300


def github_app() -> GithubApp:
    """Raises GithubOff when the host has set up none."""
    app: GithubApp | None = settings.GITHUB_APP
    if app is None:
        raise GithubOff
    return app


def app_proof(app: GithubApp) -> str:
    """The JWT by which GitHub knows the App; begins a minute ago, as GitHub refuses one from a clock ahead of its."""
    now = int(time.time())
    claims = {"iss": app.id, "iat": now - CLOCK_SECONDS, "exp": now + PROOF_SECONDS}
    return jwt.encode(claims, app.private_key, algorithm="RS256")
