"""What tests of the JSON API share."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from opencode.lib.actor import THE_CONSOLE
from tests.cast import Cast
from workspaces.models import Workspace
from workspaces.services.api_keys import api_key_create


@dataclass(frozen=True)
class Program:
    """Calls the API below `/api/v1`, with the credentials it was given."""

    client: Client
    headers: dict[str, str]

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response; `headers` in words with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            f"/api/v1{path}",
            body if isinstance(body, bytes) else dumped(body),
            content_type="application/json",
            headers={**self.headers, **given},
        )

    def get(self, path: str) -> Any:
        """The body of a GET that is answered 200."""
        response = self("GET", path)
        assert response.status_code == 200, response.content
        return response.json()


def dumped(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def code_of(response: HttpResponse) -> tuple[int, str]:
    """A refusal as (status, code)."""
    return response.status_code, json.loads(response.content)["error"]["code"]


MakeProgram = Callable[..., Program]


@pytest.fixture(autouse=True)
def _nobody_has_called() -> None:
    cache.clear()


@pytest.fixture
def with_key(cast: Cast) -> MakeProgram:
    """`with_key(cast.carol, "sync:read")` calls with a key of carol's in alpha."""

    def make(user: User, *scopes: str, workspace: Workspace | None = None, is_service_key: bool = False) -> Program:
        _, secret = api_key_create(
            workspace=workspace or cast.alpha,
            created_by=user,
            name="tests",
            scopes=scopes,
            is_service_key=is_service_key,
            actor=THE_CONSOLE,
        )
        return Program(Client(), {"Authorization": f"Bearer {secret}"})

    return make


@pytest.fixture
def from_page() -> Callable[[User], Program]:
    """`from_page(cast.alice)` calls as a page of ours does: with her cookie and the page's CSRF token."""

    def make(user: User) -> Program:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        client.get("/workspaces/new/")
        return Program(client, {"X-CSRFToken": client.cookies["opencode_csrf"].value})

    return make


@pytest.fixture
def stranger() -> Program:
    return Program(Client(enforce_csrf_checks=True), {})
