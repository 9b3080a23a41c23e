"""Which console is checked: `OPENCODE_CONFORMANCE_URL` and `OPENCODE_CONFORMANCE_KEY` name a running one.

The key needs `sync:read` and `sync:write`; every case works in a session of its own. Without them a console is started.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.transports import TRANSPORTS, Target, Transport
from tests.support.fixtures import copied_server


@pytest.fixture(scope="session")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address and a key to write with."""
    url = os.environ.get("OPENCODE_CONFORMANCE_URL", "").rstrip("/")
    if url:
        yield url, os.environ["OPENCODE_CONFORMANCE_KEY"]
        return
    with copied_server(prepared_data, tmp_path_factory.mktemp("conformance") / "console") as server:
        yield server.url, server.ask("tests.support.seed")["key"]


@pytest.fixture
def target(console: tuple[str, str]) -> Target:
    """A session nobody else knows."""
    url, key = console
    return Target(url, key, f"ses_{secrets.token_hex(8)}")


@pytest.fixture(params=TRANSPORTS, ids=lambda kind: kind.__name__)
def transport(request: pytest.FixtureRequest, target: Target) -> Transport:
    made: Transport = request.param(target)
    return made
