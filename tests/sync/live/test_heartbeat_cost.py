"""A heartbeat costs one query a process, however many sessions are followed and however many rights hang on it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync.live import runtime as runtimes
from sync.live.runtime import Runtime, get_runtime, stop_runtime
from sync.models import Session, Share
from tests.cast import make_cast
from tests.support.asgi_socket import ASGISocket

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 12


def _shared_sessions() -> list[str]:
    cast = make_cast()
    made = [
        Session.objects.create(client_id=f"ses_{number}", workspace=cast.alpha, owner_key=cast.alpha.id)
        for number in range(SESSIONS)
    ]
    return [Share.objects.create(session=session, secret_version=1).id for session in made]


@pytest_asyncio.fixture
async def runtime(settings: LazySettings) -> AsyncIterator[Runtime]:
    """One whose own heartbeat stays out of the way."""
    settings.SYNC_HEARTBEAT_SECONDS = 3600
    yield get_runtime()
    await stop_runtime()


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those the reading threads ask about sessions."""
    asked: list[str] = []
    read = runtimes._read

    def watched(work: Callable[..., Any], args: Sequence[Any]) -> Any:
        with CaptureQueriesContext(connection) as captured:
            answer = read(work, args)
        asked.extend(query["sql"] for query in captured.captured_queries if "sync_session" in query["sql"])
        return answer

    monkeypatch.setattr(runtimes, "_read", watched)
    return asked


async def test_heartbeat_is_one_query_whatever_is_followed(runtime: Runtime, queries: list[str]) -> None:
    shares = await sync_to_async(_shared_sessions)()
    async with AsyncExitStack() as stack:
        for share in shares:
            socket = await stack.enter_async_context(ASGISocket(f"/sync/v1/sessions/{share}"))
            await socket.frame("snapshot")
        queries.clear()
        await runtime.beat()
        assert len(queries) == 1
        assert (await socket.frame("heartbeat"))["seq"] == 0
