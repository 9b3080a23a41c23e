"""Requests as the agents make them, straight into the ASGI application."""

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest
from django.core.cache import cache

from opencode.asgi import application
from opencode.lib.actor import THE_CONSOLE
from sync.live.runtime import stop_runtime
from tests.cast import Cast
from workspaces.services.share_tokens import share_token_create


class Shared(NamedTuple):
    """What a create answered; `id` is read off the link for the older protocol."""

    id: str
    url: str
    secret: str


class AgentClient:
    """One agent, at an address of its own. `prefix` is the path of its `enterprise.url`, e.g. `/w/<token>`.

    With an `account`, an access token, it is signed in and works in the workspace `org`.
    """

    def __init__(
        self,
        *,
        prefix: str = "",
        address: str = "127.0.0.1",
        host: str = "127.0.0.1:8000",
        account: str = "",
        org: str = "",
    ) -> None:
        self.prefix = prefix
        self.shares = "/api/shares" if account else "/api/share"
        headers = {"authorization": f"Bearer {account}", "x-org-id": org} if account else {}
        transport = httpx.ASGITransport(app=application, client=(address, 40000))  # type: ignore[arg-type]
        self.http = httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers, trust_env=False)

    async def send(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """`body` as JSON without a Content-Type, or as it is when it is bytes."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return await self.http.request(method, self.prefix + path, content=content, **options)

    async def create(self, session_id: str = "ses_1") -> Shared:
        answer = await self.send("POST", self.shares, {"sessionID": session_id})
        assert answer.status_code == 200, answer.text
        return Shared(**answer.json())

    async def create_older(self, session_id: str = "ses_1") -> Shared:
        answer = await self.send("POST", "/share_create", {"sessionID": session_id})
        assert answer.status_code == 200, answer.text
        return Shared(id=answer.json()["url"].rpartition("/")[2], **answer.json())

    async def sync(self, shared: Shared, *items: Any) -> httpx.Response:
        return await self.send(
            "POST", f"{self.shares}/{shared.id}/sync", {"secret": shared.secret, "data": list(items)}
        )

    async def sync_older(self, shared: Shared, key: str, content: Any, session_id: str = "ses_1") -> httpx.Response:
        body = {"sessionID": session_id, "secret": shared.secret, "key": key, "content": content}
        return await self.send("POST", "/share_sync", body)

    async def data(self, shared: Shared) -> list[dict[str, Any]]:
        answer = await self.send("GET", f"{self.shares}/{shared.id}/data")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()
        return items

    async def unshare(self, shared: Shared) -> httpx.Response:
        return await self.send("DELETE", f"{self.shares}/{shared.id}", {"secret": shared.secret})


def denial_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, after checking that it keeps to the contract."""
    error = answer.json()["error"]
    assert error["code"]
    assert error["message"]
    assert error["help_url"].endswith(error["code"])
    assert error["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, error["code"]


@pytest.fixture
async def sync_runtime(transactional_db: None) -> AsyncIterator[None]:
    """The writer and the hubs of this test's loop, ended with it. What was counted of other tests' shares is gone."""
    cache.clear()
    yield
    await stop_runtime()


@pytest.fixture
def alpha_agent(cast: Cast, sync_runtime: None) -> AgentClient:
    """An agent with a token of the workspace alpha in its address."""
    _, secret = share_token_create(workspace=cast.alpha, created_by=cast.alice, name="laptop", actor=THE_CONSOLE)
    return AgentClient(prefix=f"/w/{secret}")


@pytest.fixture
def agent(sync_runtime: None) -> AgentClient:
    """An agent on this machine, without a workspace."""
    return AgentClient()
