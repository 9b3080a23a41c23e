"""The public keys with which GitHub signs what a job says of itself: fetched, kept for an hour, and rotated.

Any stranger's token may name any key, and GitHub may be away: it is asked once every FETCH_SECONDS at most.
"""

import threading
import time
from typing import Any, Final

import jwt
import structlog
from jwt import PyJWK

from workspaces.errors import GithubTokenInvalid, GithubUnreachable
from workspaces.github.calls import github_call

log = structlog.get_logger(__name__)
KEPT_SECONDS: Final = 3600
FETCH_SECONDS: Final = 30
KEYS: Final = 50
OK: Final = 200


class SigningKeys:
    """The keys of one issuer; safe for threads. One thread asks GitHub at a time, and no other waits for it."""

    def __init__(self, issuer: str) -> None:
        self._address = f"{issuer}/.well-known/jwks"
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._asked_at = -float("inf")
        self._is_asking = False

    def key(self, name: str) -> Any:
        """The public key of that name.

        Raises GithubTokenInvalid for an unknown one; GithubUnreachable while there are no keys of the last hour, or
        while another thread asks for newer ones.
        """
        if self._is_due(name):
            self._ask()
        with self._lock:
            if self._is_stale():
                raise GithubUnreachable
            if name in self._keys:
                return self._keys[name]
            if self._is_asking:
                raise GithubUnreachable
        raise GithubTokenInvalid("The token is signed with a key that GitHub does not publish.")

    def _is_due(self, name: str) -> bool:
        """Whether this thread is to ask GitHub, which no other does until it has."""
        with self._lock:
            now = time.monotonic()
            is_wanted = self._is_stale() or name not in self._keys
            if not is_wanted or self._is_asking or now - self._asked_at < FETCH_SECONDS:
                return False
            self._is_asking, self._asked_at = True, now
            return True

    def _is_stale(self) -> bool:
        return time.monotonic() - self._fetched_at >= KEPT_SECONDS

    def _ask(self) -> None:
        try:
            status, answer = github_call("GET", self._address)
            if status != OK:
                raise GithubUnreachable
            found = _readable(answer.get("keys", []))
            with self._lock:
                self._keys, self._fetched_at = found, time.monotonic()
        finally:
            with self._lock:
                self._is_asking = False


def _readable(entries: list[Any]) -> dict[str, Any]:
    """The public keys by their names; what is no RSA key is left out."""
    found = {}
    for entry in entries[:KEYS]:
        try:
            found[entry["kid"]] = PyJWK(entry, algorithm="RS256").key
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError):
            log.warning("github_key_unreadable")
    return found


_of_issuers: dict[str, SigningKeys] = {}


def signing_keys(issuer: str) -> SigningKeys:
    """The process's keys of the issuer that the settings name."""
    return _of_issuers.setdefault(issuer, SigningKeys(issuer))
