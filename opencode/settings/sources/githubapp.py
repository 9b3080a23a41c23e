"""The GitHub App whose tokens the agent's GitHub action gets here, read from the environment and checked at start."""

from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from opencode.lib.githubapp import GithubApp
from opencode.settings.sources.environment import Environment

WEB: Final = "https://github.com"
API: Final = "https://api.github.com"
ISSUER: Final = "https://token.actions.githubusercontent.com"


def read_github_app(environment: Environment) -> GithubApp | None:
    """None without an App or without owners that may use it. Raises ImproperlyConfigured when a part is missing."""
    owners = frozenset(_words(environment.OPENCODE_GITHUB_APP_OWNERS.lower()))
    if not environment.OPENCODE_GITHUB_APP_ID or not owners:
        return None
    if bool(environment.OPENCODE_GITHUB_APP_CLIENT_ID) != bool(environment.OPENCODE_GITHUB_APP_CLIENT_SECRET):
        raise ImproperlyConfigured("OPENCODE_GITHUB_APP_CLIENT_ID and OPENCODE_GITHUB_APP_CLIENT_SECRET go together")
    own = environment.OPENCODE_GITHUB_URL.rstrip("/")
    return GithubApp(
        id=environment.OPENCODE_GITHUB_APP_ID,
        private_key=_private_key(environment),
        owners=owners,
        workflows=tuple(_words(environment.OPENCODE_GITHUB_APP_WORKFLOWS)),
        client_id=environment.OPENCODE_GITHUB_APP_CLIENT_ID,
        client_secret=environment.OPENCODE_GITHUB_APP_CLIENT_SECRET,
        web=own or WEB,
        api=f"{own}/api/v3" if own else API,
        issuer=f"{own}/_services/token" if own else ISSUER,
    )


def _private_key(environment: Environment) -> str:
    text = environment.OPENCODE_GITHUB_APP_PRIVATE_KEY.replace("\\n", "\n")
    file = environment.OPENCODE_GITHUB_APP_PRIVATE_KEY_FILE
    if not text and file:
        try:
            text = Path(file).read_text()
        except OSError as error:
            raise ImproperlyConfigured(f"OPENCODE_GITHUB_APP_PRIVATE_KEY_FILE: {error}") from error
    if "PRIVATE KEY-----" not in text:
        raise ImproperlyConfigured(
            "OPENCODE_GITHUB_APP_PRIVATE_KEY or OPENCODE_GITHUB_APP_PRIVATE_KEY_FILE: one has the App's key in PEM"
        )
    return text


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
