"""A server that ends says goodbye: every socket learns why, and when to come back."""

import asyncio

import pytest

from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket


async def test_readers_get_bye_and_1012_when_the_server_ends(console_server: ConsoleServer) -> None:
    seed = await asyncio.to_thread(console_server.ask, "tests.support.seed")
    url = f"{console_server.sockets_url}/sync/v1/sessions/ses_1"
    async with SyncSocket(url, headers={"Authorization": f"Bearer {seed['key']}"}) as socket:
        await socket.expect("welcome")
        await asyncio.to_thread(console_server.stop)
        bye = await socket.expect("bye")
        code = await socket.closed()
    assert (bye["reason"], code) == ("restart", 1012)
    assert bye["retry_after"] == pytest.approx(1.0)
