"""A file and an empty folder make a console that serves model calls, without a click."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.fixtures import StartServer
from tests.support.models import SECRET
from tests.support.providers import Provider, providing
from workspaces.roles import OWNER

MODEL = "claude-sonnet-4-5"


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Provider]:
    with providing() as running:
        yield running


def declared(provider: Provider) -> str:
    key = {"name": "ci", "scopes": ["models", "usage:read"]}
    host = {"name": "Stand-in", "kind": "anthropic", "secret_variable": "THE_KEY", "base_url": provider.url}
    return json.dumps(
        {
            "format": 1,
            "people": [{"email": "dana@example.com", "superuser": True}],
            "providers": [{**host, "tried": False}],
            "workspaces": [
                {
                    "slug": "acme",
                    "name": "Acme",
                    "members": [{"email": "dana@example.com", "role": OWNER}],
                    "service_keys": [key],
                }
            ],
        }
    )


def test_printed_key_calls_a_model_and_is_metered(
    stand_in: Provider, start_server: StartServer, tmp_path: Path
) -> None:
    file = tmp_path / "console.json"
    file.write_text(declared(stand_in))
    variables = {"OPENCODE_PROVISION": str(file), "OPENCODE_OUTBOUND_PRIVATE": "true", "THE_KEY": SECRET}
    server = start_server(environment=variables)
    (found,) = re.findall(r"shown only now: (\S+) \(models at (\S+)\)", server.log)
    key, address = found
    body = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "ping"}]}
    answer = httpx.post(f"{address}/messages", json=body, headers={"x-api-key": key})
    usage = httpx.get(f"{server.url}/api/v1/usage", headers={"authorization": f"Bearer {key}"}).json()
    assert answer.status_code == 200, answer.text
    assert stand_in.requests[-1].headers["x-api-key"] == SECRET
    assert (usage["totals"]["requests"], usage["totals"]["tokens"]["output"]) == (1, 70)
    assert usage["totals"]["cost_micro_cents"] > 0
    assert "dana@example.com sets a password here" in server.log
    assert "first-owner" not in server.log
    assert SECRET not in server.log
    server.restart()
    assert server.log.count("shown only now") == 1
    assert "Nothing to change." in server.log
