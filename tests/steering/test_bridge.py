"""A bridge connects, says what waits, comes back and ends: the rows, and the entries in the session's log."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from steering.models import AgentProcess, Ask
from sync.models import SessionEntry
from tests.support.asgi_socket import ASGISocket
from tests.support.bridges import ask_frame, bridge_socket, hello, opened, taken
from tests.support.devices import SignedIn, device_of
from tests.support.rooms import SESSION, Room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heartbeat_seconds() -> float:
    """So long that no beat comes between two frames of a test."""
    return 60


async def carols(room: Room) -> SignedIn:
    return await sync_to_async(device_of)(room.cast.carol)


async def states() -> dict[str, str]:
    return {ask.client_id: ask.state async for ask in Ask.objects.all()}


async def entry(room: Room, ask_id: str = "per_1") -> dict[str, Any]:
    import json

    row = await SessionEntry.objects.aget(session=room.session, key=f"session/ask/ses_1/{ask_id}")
    return dict(json.loads(row.content))


async def test_what_waits_reaches_a_member_who_watches(room: Room) -> None:
    device = await carols(room)
    async with ASGISocket(SESSION, room.reading) as reader, bridge_socket(device, room.cast.alpha.pk) as bridge:
        await reader.frame("snapshot")
        await opened(bridge)
        await bridge.send(ask_frame())
        (shown,) = await reader.entries()
    assert shown["key"] == "session/ask/ses_1/per_1"
    assert shown["content"]["state"] == "open"
    assert shown["content"]["content"]["metadata"]["command"] == "rm -rf build"
    assert shown["content"]["person"] == "Carol"
    assert shown["content"]["machine"] == "laptop"
