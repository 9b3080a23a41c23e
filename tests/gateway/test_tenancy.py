"""The matrix of model calls: every address that there is, and who is refused at it; nothing reaches a provider."""

from collections.abc import Callable
from typing import Final

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from gateway.wire.paths import CALLS, GOOGLE_METHODS, target_of
from opencode.lib.actor import THE_CONSOLE
from tests.cast import acting
from tests.support.devices import device_of
from tests.support.gateway import Console
from tests.support.providers import Provider
from workspaces.models import Workspace
from workspaces.services.api_keys import api_key_create
from workspaces.services.blocks import workspace_block
from workspaces.services.deletions import workspace_delete

PATHS: Final = (*CALLS, *(f"models/gemini:{method}" for method in GOOGLE_METHODS))
"""Taken from the code, so that a new address is asked for here too."""


def key_of(console: Console, person: str, workspace: Workspace, *scopes: str) -> str:
    owner = getattr(console.cast, person)
    return api_key_create(workspace=workspace, created_by=owner, name="k", scopes=scopes, actor=THE_CONSOLE)[1]


async def statuses(console: Console, token: str) -> dict[str, int]:
    found = {}
    for path in PATHS:
        target = target_of(f"/gw/{console.cast.alpha.pk}/v1/{path}")
        assert target is not None
        headers = {"authorization": f"Bearer {token}"}
        async with console.client.request(target.method, console.address(path), json={}, headers=headers) as response:
            found[path] = response.status
            await response.read()
    return found


CREDENTIALS: Final[dict[str, tuple[Callable[[Console], str], int]]] = {
    "nonsense": (lambda _console: "oc_live_nothing", 401),
    "another workspace's key": (lambda console: key_of(console, "charlie", console.cast.gamma, "models"), 404),
    "an outsider's agent": (lambda console: device_of(console.cast.charlie).access, 404),
    "a key for other things": (
        lambda console: key_of(console, "carol", console.cast.alpha, "sync:read", "sync:write", "usage:write"),
        403,
    ),
}


@pytest.mark.parametrize("name", CREDENTIALS)
async def test_no_address_serves_whoever_may_not_call(console: Console, provider: Provider, name: str) -> None:
    make, status = CREDENTIALS[name]
    token = await sync_to_async(make)(console)
    assert await statuses(console, token) == dict.fromkeys(PATHS, status)
    assert provider.requests == []


ENDS: Final[dict[str, Callable[[Console], object]]] = {
    "blocked": lambda console: workspace_block(workspace=console.cast.alpha, actor=THE_CONSOLE),
    "deleted": lambda console: workspace_delete(workspace=console.cast.alpha, actor=acting(console.cast.alice)),
    "suspended": lambda console: User.objects.filter(pk=console.cast.carol.pk).update(is_active=False),
}


@pytest.mark.parametrize("credential", ["key", "agent"])
@pytest.mark.parametrize("end", ENDS)
async def test_no_address_serves_once_it_has_ended(
    console: Console, provider: Provider, end: str, credential: str
) -> None:
    make = {"key": lambda: console.key, "agent": lambda: device_of(console.cast.carol).access}[credential]
    token = await sync_to_async(make)()
    await sync_to_async(ENDS[end])(console)
    assert set((await statuses(console, token)).values()) <= {401, 403, 404}
    assert provider.requests == []
