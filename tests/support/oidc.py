"""A real OpenID Connect provider in a process of its own on loopback, and what a person does on its page."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.processes import free_port, wait_until


class Provider:
    """`issuer` is its address; people are made by `person`."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def person(self, sub: str, **claims: object) -> None:
        """Somebody with this stable id, about whom the provider says `claims`; again, and it says others."""
        httpx.put(f"{self.issuer}/users/{sub}", json=claims, trust_env=False).raise_for_status()

    def let_in(self, address: str, sub: str) -> str:
        """What the person `sub` does on the provider's page at `address`; where that leads: back to the console."""
        return self._answer(address, {"sub": sub})

    def turn_away(self, address: str) -> str:
        return self._answer(address, {"action": "deny"})

    def _answer(self, address: str, fields: dict[str, str]) -> str:
        answer = httpx.post(address, data=fields, trust_env=False)
        assert answer.is_redirect, answer.text
        return answer.headers["Location"]


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        provider = Provider(port)
        wait_until(provider.is_ready, "the provider answers", 30)
        yield provider
    finally:
        process.terminate()
        process.wait()
