"""The public keys with which GitHub signs what a job says of itself: fetched, kept for an hour, and rotated.

A token may name any key, so an unknown name fetches the keys again at most once every FETCH_SECONDS.
"""

import threading
import time
from typing import Any, Final

import jwt
import structlog
from jwt import PyJWK

from workspaces.errors import GithubTokenInvalid
from workspaces.github.calls import github_call

log = structlog.get_logger(__name__)
KEPT_SECONDS: Final = 3600
FETCH_SECONDS: Final = 30
KEYS: Final = 50


class SigningKeys:
    """The keys of one issuer; safe for threads."""

    def __init__(self, issuer: str) -> None:
        self._address = f"{issuer}/.well-known/jwks"
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._fetched_at = -float(KEPT_SECONDS)

    def key(self, name: str) -> Any:
        """The public key of that name. Raises GithubTokenInvalid for an unknown one, GithubUnreachable."""
        with self._lock:
            age = time.monotonic() - self._fetched_at
            if age >= KEPT_SECONDS or (name not in self._keys and age >= FETCH_SECONDS):
                self._fetch()
            if name not in self._keys:
                raise GithubTokenInvalid("The token is signed with a key that GitHub does not publish.")
            return self._keys[name]

    def _fetch(self) -> None:
        _, answer = github_call("GET", self._address)
        found = {}
        for entry in answer.get("keys", [])[:KEYS]:
            try:
                found[entry["kid"]] = PyJWK(entry, algorithm="RS256").key
            except (jwt.PyJWTError, KeyError, TypeError, AttributeError):
                log.warning("github_key_unreadable")
        self._keys, self._fetched_at = found, time.monotonic()


_of_issuers: dict[str, SigningKeys] = {}


def signing_keys(issuer: str) -> SigningKeys:
    """The process's keys of the issuer that the settings name."""
    return _of_issuers.setdefault(issuer, SigningKeys(issuer))
