"""What answers say of TLS, by the routes beside Django; Django's own are its middleware's matter."""

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from sync.live.runtime import stop_runtime
from tests.architecture.world import World, make_world
from tests.support.asgi_events import ASGIEvents

PATHS = ["/share_poll", "/sync/v1/nothing", "/sync/v1/sessions/{share}/events"]
HEADER = "strict-transport-security"


@pytest.fixture
async def world(transactional_db: None) -> AsyncIterator[World]:
    yield await sync_to_async(make_world)()
    await stop_runtime()


async def told(path: str) -> str | None:
    async with ASGIEvents(path, {}) as answer:
        return answer.headers.get(HEADER)


@pytest.mark.parametrize("path", PATHS)
async def test_browsers_are_told_to_stay_with_tls(world: World, settings: Settings, path: str) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    assert await told(path.format(**world.names)) == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("path", PATHS)
async def test_without_tls_nothing_is_said_of_it(world: World, path: str) -> None:
    assert await told(path.format(**world.names)) is None
