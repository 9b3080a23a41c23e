"""Readers of a session that is restored: told within a heartbeat to load again, and then shown the old state."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from opencode.lib.actor import THE_CONSOLE
from sync.archive.restoring import Restoration, session_restore
from sync.archive.snapshots.writing import snapshot_write
from sync.live.publishing import session_publish
from sync.live.runtime import stop_runtime
from sync.models import Session, Share
from sync.protocol.updates import Update
from sync.sharing import masked_epoch
from tests.support.asgi_socket import ASGISocket
from tests.support.transcripts import CONVERSATION, FIRST_TEXT, INFO, publish, shared_conversation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def share(settings: LazySettings, objects: Path) -> AsyncIterator[Share]:
    settings.SYNC_HEARTBEAT_SECONDS = 0.2
    yield await sync_to_async(shared_conversation)()
    await stop_runtime()


@sync_to_async
def change_and_restore(session: Session) -> Restoration:
    snapshot = snapshot_write(session_id=session.pk)
    assert snapshot is not None
    publish(session, {FIRST_TEXT: {"type": "text", "text": "changed"}})
    return session_restore(snapshot=snapshot, actor=THE_CONSOLE)


async def test_reader_is_closed_and_loads_the_restored_state(share: Share) -> None:
    path = f"/sync/v1/sessions/{share.pk}"
    async with ASGISocket(path) as socket:
        await socket.frame("snapshot")
        done = await change_and_restore(share.session)
        assert await socket.closed() == 4409
    async with ASGISocket(path) as again:
        state = await again.frame("snapshot")
    assert (state["epoch"], state["seq"]) == (masked_epoch(done.epoch), done.head)
    contents = {entry["key"]: entry["content"] for entry in state["entries"]}
    assert contents[FIRST_TEXT] == CONVERSATION[FIRST_TEXT]


async def test_publishing_goes_on_after_a_restore(share: Share) -> None:
    done = await change_and_restore(share.session)
    receipt = await session_publish(session_id=share.session_id, updates=[Update(INFO, '{"title": "after"}')])
    assert (receipt.epoch, receipt.first) == (done.epoch, done.head + 1)
