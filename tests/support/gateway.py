"""A console that serves model calls to a test over real HTTP, in the test's own loop, and who may call."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import uvicorn
from asgiref.sync import sync_to_async
from django.conf import settings

from billing.models import Usage
from billing.services.prices import price_list_of_file, prices_load
from billing.services.running import ledger_stop
from gateway.models import ProviderCredential
from gateway.relay import gateway_stop, runtime
from gateway.relay.calls import Call
from opencode.asgi import application
from opencode.lib.actor import THE_CONSOLE
from opencode.server.boundedhttp import BoundedHTTPProtocol
from opencode.server.listening import listening_socket
from tests.cast import Cast, acting, make_cast
from tests.support.models import add_credential, add_model
from tests.support.providers import Provider, providing
from workspaces.models import APIKey
from workspaces.services.api_keys import api_key_create, api_key_revoke
from workspaces.services.memberships import membership_remove

MODELS: Final = {
    "chat": ("gpt", "openai", "openai/gpt-5"),
    "responses": ("gpt", "openai", "openai/gpt-5"),
    "messages": ("claude", "anthropic", "anthropic/claude-sonnet-4-5"),
    "generate": ("gemini", "google", "google/gemini-2.5-pro"),
}
"""A model's slug, kind and name in the price list, by form."""
PRICES: Final = Path(__file__).parents[1] / "gateway" / "data" / "prices.json"
FORMS: Final = tuple(MODELS)
TEXT: Final = "ping"


@pytest.fixture(scope="session")
def _provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def provider(_provider: Provider) -> Iterator[Provider]:
    _provider.forget()
    yield _provider
    _provider.forget()


def body_of(form: str, *, stream: bool = True, cap: int | None = 1000, text: str = TEXT, **more: Any) -> dict[str, Any]:
    """A small call of the form."""
    model = MODELS[form][0]
    if form == "generate":
        config = {"generationConfig": {"maxOutputTokens": cap}} if cap else {}
        return {"contents": [{"role": "user", "parts": [{"text": text}]}], **config, **more}
    name = "max_output_tokens" if form == "responses" else "max_tokens"
    said = {"input": text} if form == "responses" else {"messages": [{"role": "user", "content": text}]}
    asked = {"stream_options": {"include_usage": True}} if stream and form == "chat" else {}
    return {"model": model, **said, **({name: cap} if cap else {}), "stream": stream, **asked, **more}


def path_of(form: str, *, stream: bool = True) -> str:
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    paths = {"chat": "chat/completions", "responses": "responses", "messages": "messages"}
    return paths.get(form, f"models/{MODELS['generate'][0]}:{method}")


@dataclass
class Answered:
    """What a client saw. `is_whole`: the body ended as it should."""

    status: int
    headers: Any
    body: bytes
    is_whole: bool


class Console:
    """A running console. `key` is carol's, with the scope `models`, of the workspace alpha."""

    def __init__(self, url: str, cast: Cast, key: str, key_id: str, client: aiohttp.ClientSession) -> None:
        self.url = url
        self.cast = cast
        self.key = key
        self.key_id = key_id
        self.client = client

    def address(self, path: str) -> str:
        return f"{self.url}/gw/{self.cast.alpha.pk}/v1/{path}"

    def opened(self, form: str, body: Any = None, *, stream: bool = True, **headers: str) -> Any:
        """The call as a context manager of its response."""
        return self.client.post(
            self.address(path_of(form, stream=stream)),
            json=body_of(form, stream=stream) if body is None else body,
            headers={"authorization": f"Bearer {self.key}", **headers},
        )

    async def call(self, form: str, body: Any = None, *, stream: bool = True, **headers: str) -> Answered:
        async with self.opened(form, body, stream=stream, **headers) as response:
            return await answered(response)

    def second_credential(self, provider: Provider) -> None:
        """Another of the host's for OpenAI, tried after the first."""
        add_credential("", kind="openai", base_url=provider.url, forms=list(FORMS), secret="sk-second", position=9)

    @property
    def end_of(self) -> dict[str, Callable[[], object]]:
        """What ends carol's calls."""
        membership = self.cast.membership
        return {
            "key": lambda: api_key_revoke(key=APIKey.objects.get(pk=self.key_id), actor=THE_CONSOLE),
            "member": lambda: membership_remove(membership=membership(self.cast.carol), actor=acting(self.cast.alice)),
        }

    @staticmethod
    async def usage() -> list[Usage]:
        return await sync_to_async(lambda: list(Usage.objects.order_by("pk")))()

    async def settled(self, count: int = 1) -> list[Usage]:
        """The usage rows, once there are so many."""
        await until(lambda: Usage.objects.count() >= count)
        return await self.usage()


def running_calls() -> list[Call]:
    return list(runtime._current.running) if runtime._current is not None else []


async def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition, which may read the database."""
    async with asyncio.timeout(seconds):
        while not await sync_to_async(is_so)():  # noqa: ASYNC110 - it is not always this process that makes it so
            await asyncio.sleep(0.01)


async def answered(response: aiohttp.ClientResponse) -> Answered:
    chunks = []
    try:
        async for chunk in response.content.iter_any():
            chunks.append(chunk)
    except aiohttp.ClientPayloadError:
        return Answered(response.status, response.headers, b"".join(chunks), is_whole=False)
    return Answered(response.status, response.headers, b"".join(chunks), is_whole=True)


def furnish(provider: Provider, workspace_id: str = "", **fields: Any) -> list[ProviderCredential]:
    """A model of each form with one credential each at the stand-in: the host's, unless a workspace is named."""
    prices_load(price_list=price_list_of_file(PRICES), layer="imported")
    for slug, kind, price in sorted(set(MODELS.values())):
        forms = [form for form in FORMS if MODELS[form][0] == slug]
        add_model(slug=slug, kind=kind, price_name=price, upstream_name=f"{slug}-upstream", forms=forms, **_LIMITS)
    return [
        add_credential(workspace_id, kind=kind, base_url=provider.url, forms=list(FORMS), **fields)
        for kind in sorted({kind for _, kind, _ in MODELS.values()})
    ]


_LIMITS: Final = {"context_window": 1_000_000, "output_limit": 32_000}


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """The application behind a real server in this loop; its address."""
    listener = listening_socket("127.0.0.1", 0)
    config = uvicorn.Config(
        application, http=BoundedHTTPProtocol, ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.ensure_future(server._serve(sockets=[listener]))
    try:
        await until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        await gateway_stop()
        await ledger_stop()


@pytest.fixture
async def console(
    transactional_db: None, provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> AsyncIterator[Console]:
    """A console whose models are the stand-in's, the host paying."""
    monkeypatch.setattr(settings, "OUTBOUND_PRIVATE", True)
    monkeypatch.setattr(settings, "SPOOL_DIR", tmp_path / "spool")
    cast, key, token = await sync_to_async(_people)(provider)
    async with serving() as url, aiohttp.ClientSession(trust_env=False) as client:
        yield Console(url, cast, token, key.pk, client)


def _people(provider: Provider) -> Any:
    cast = make_cast()
    furnish(provider)
    key, token = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="agent", scopes=["models"], actor=THE_CONSOLE
    )
    return cast, key, token
