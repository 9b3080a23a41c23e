"""What the Connect page offers to copy works as it stands: taken from the page, with the key it shows, and tried.

Of the SDKs', Claude Code's and Codex's settings the requests are sent that each of them makes of its own.
"""

import asyncio
import json
import os
import re
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from tests.cast import browser
from tests.support.copied import copied_from
from tests.support.gateway import Console, answered
from tests.support.providers import Provider

CHAT = {"messages": [{"role": "user", "content": "Say hello"}]}


@dataclass
class Copied:
    """The page's settings by program, and the key that it showed once."""

    texts: dict[str, str]
    key: str

    def value(self, program: str, pattern: str) -> str:
        found = re.search(pattern, self.texts[program])
        assert found, (program, pattern, self.texts[program])
        return found[1]


@dataclass
class Sent:
    """The request a program makes of its settings."""

    url: str
    body: dict[str, Any]
    headers: dict[str, str]


@pytest.fixture
async def copied(console: Console, monkeypatch: pytest.MonkeyPatch) -> Copied:
    """As carol copies them, after she made a key there."""
    monkeypatch.setattr(settings, "PUBLIC_URL", console.url)
    page = await sync_to_async(_made)(console)
    texts = copied_from(page)
    key = texts.pop("key-command").removeprefix("export OPENCODE_API_KEY=")
    return Copied({name.removeprefix("snippet-"): text for name, text in texts.items()}, key)


def _made(console: Console) -> str:
    client: Client = browser(console.cast.carol)
    made = client.post("/workspaces/alpha/connect/", {"way": "key", "key-name": "mine", "key-use": "models"})
    return made.content.decode()


async def ran(*command: str, **environment: str) -> str:
    """What a command printed; it must end well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complained.decode()[-2000:]
    return said.decode()


def openai_sdk(copied: Copied) -> Sent:
    assert "chat.completions.create" in copied.texts["openai"]
    base = copied.value("openai", r'base_url="([^"]+)"')
    body = {"model": copied.value("openai", r'model="([^"]+)"'), **CHAT}
    return Sent(f"{base}/chat/completions", body, {"authorization": f"Bearer {copied.key}"})


def anthropic_sdk(copied: Copied) -> Sent:
    base = copied.value("anthropic", r'base_url="([^"]+)"')
    body = {"model": copied.value("anthropic", r'model="([^"]+)"'), "max_tokens": 1024, **CHAT}
    return Sent(f"{base}/v1/messages", body, {"x-api-key": copied.key, "anthropic-version": "2023-06-01"})


def google_sdk(copied: Copied) -> Sent:
    base = copied.value("google", r'"base_url": "([^"]+)"')
    model = copied.value("google", r'model="([^"]+)"')
    body = {"contents": [{"role": "user", "parts": [{"text": "Say hello"}]}]}
    return Sent(f"{base}/v1beta/models/{model}:generateContent", body, {"x-goog-api-key": copied.key})


def codex(copied: Copied) -> Sent:
    config = tomllib.loads(copied.texts["codex"])
    provider = config["model_providers"][config["model_provider"]]
    assert (provider["wire_api"], provider["env_key"]) == ("responses", "OPENCODE_API_KEY")
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say hello"}]}
    body = {
        "model": config["model"],
        "instructions": "You are a coding agent.",
        "input": [said],
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": None,
        "store": False,
        "stream": True,
        "include": [],
    }
    return Sent(f"{provider['base_url']}/responses", body, {"authorization": f"Bearer {copied.key}"})


async def claude_code(copied: Copied) -> Sent:
    exports = copied.texts["claude-code"].removesuffix("claude")
    said = await ran("sh", "-c", f"{exports}env", OPENCODE_API_KEY=copied.key)
    env = dict(line.partition("=")[::2] for line in said.splitlines())
    body = {"model": env["ANTHROPIC_DEFAULT_HAIKU_MODEL"], "max_tokens": 32_000, "stream": True, **CHAT}
    assert body["model"] == env["ANTHROPIC_MODEL"]
    headers = {"authorization": f"Bearer {env['ANTHROPIC_AUTH_TOKEN']}", "anthropic-version": "2023-06-01"}
    return Sent(f"{env['ANTHROPIC_BASE_URL']}/v1/messages?beta=true", body, headers)


async def test_each_programs_settings_reach_a_model(console: Console, provider: Provider, copied: Copied) -> None:
    programs = [openai_sdk(copied), anthropic_sdk(copied), google_sdk(copied), codex(copied), await claude_code(copied)]
    answers = []
    for sent in programs:
        async with console.client.post(sent.url, json=sent.body, headers=sent.headers) as response:
            answers.append(await answered(response))
    assert [answer.status for answer in answers] == [200] * len(programs), [answer.body for answer in answers]
    assert all(answer.is_whole for answer in answers)
    # And the shell's, run as it stands.
    said = await ran("sh", "-c", f"{copied.texts['curl']} --silent --fail", OPENCODE_API_KEY=copied.key)
    assert json.loads(said)["usage"]
    assert len(provider.requests) == len(programs) + 1
    assert copied.key not in str(provider.requests)
