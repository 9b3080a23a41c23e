"""Clients that do not play along lose their connection all the same, when another process ends their right.

Real sockets against a real console: here it is the server's own buffers, and TCP's, that stand in the way.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from typing import Any

import httpx

from sync.live.endings import LAST_WORDS_SECONDS
from tests.support.rawclient import RawClient
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket

HEARTBEAT_SECONDS = 4
# The machine of a test may be slow; what must not happen is what went on for minutes.
MARGIN_SECONDS = 6
CLOGGING_BYTES = 60_000
ENTRY = "session/part/ses_1/msg_1/{}"


def small(name: str) -> Callable[[int], dict[str, Any]]:
    return lambda number: {"key": ENTRY.format(name), "content": number}


class Bystander:
    """Somebody who keeps their right: publishes so much that who does not read is clogged, and looks at the head."""

    def __init__(self, server: ConsoleServer, key: str) -> None:
        self.url = f"{server.url}/sync/v1/sessions/ses_1/entries"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.socket = SyncSocket(f"{server.sockets_url}/sync/v1/sessions/ses_1", headers=self.headers, keep=1)
        self.count = 0

    async def clog(self) -> None:
        for _ in range(40):
            self.count += 1
            update = {"key": ENTRY.format(f"large{self.count % 8}"), "content": "x" * CLOGGING_BYTES}
            await self.socket.publish(f"clog-{self.count}", [update])

    async def head(self) -> int:
        """Counted up by one, for it publishes to see it."""
        self.count += 1
        updates = [{"key": ENTRY.format("head"), "content": self.count}]
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(
                self.url, json={"id": f"head-{self.count}", "updates": updates}, headers=self.headers
            )
        return int(answer.json()["to"])


async def test_no_client_goes_on_after_its_key_was_revoked(console_server: ConsoleServer) -> None:
    kept = (await asyncio.to_thread(console_server.ask, "tests.support.seed"))["key"]
    ended = await asyncio.to_thread(console_server.ask, "tests.support.keys", "create")
    bystander = Bystander(console_server, kept)
    headers = {"Authorization": f"Bearer {ended['key']}"}
    socket_url = f"{console_server.sockets_url}/sync/v1/sessions/ses_1"
    events_url = f"{console_server.url}/sync/v1/sessions/ses_1/events"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(bystander.socket)
        clients = {
            name: stack.enter_context(closing(RawClient(url, headers, upgrade=url == socket_url)))
            for name, url in (
                ("writes without reading", socket_url),
                ("floods without reading", socket_url),
                ("neither reads nor writes", socket_url),
                ("does not read its events", events_url),
            )
        }
        assert {client.head.split()[1] for client in clients.values()} == {b"101", b"200"}
        writing = [
            asyncio.create_task(clients["writes without reading"].publish(small("writes"))),
            asyncio.create_task(clients["floods without reading"].publish(small("floods"), pause=0)),
        ]
        await bystander.clog()
        assert not any(client.is_cut for client in clients.values())

        await asyncio.to_thread(console_server.ask, "tests.support.keys", "revoke", ended["id"])
        await asyncio.sleep(HEARTBEAT_SECONDS)
        head = await bystander.head()
        assert await left_of(clients, LAST_WORDS_SECONDS + MARGIN_SECONDS) == []
        assert await bystander.head() == head + 1, "something was taken after the end"
        await asyncio.wait_for(asyncio.gather(*writing), MARGIN_SECONDS)


async def left_of(clients: dict[str, RawClient], seconds: float) -> list[str]:
    """The clients whose connections live on, once all are cut or the time is over."""
    end = asyncio.get_running_loop().time() + seconds
    while left := [name for name, client in clients.items() if not client.is_cut]:
        if asyncio.get_running_loop().time() > end:
            break
        await asyncio.sleep(0.05)
    return left


async def test_half_closed_client_is_let_go_of_at_once(console_server: ConsoleServer) -> None:
    key = (await asyncio.to_thread(console_server.ask, "tests.support.seed"))["key"]
    client = RawClient(
        f"{console_server.sockets_url}/sync/v1/sessions/ses_1", {"Authorization": f"Bearer {key}"}, upgrade=True
    )
    with closing(client):
        client.half_close()
        assert await left_of({"half closed": client}, MARGIN_SECONDS) == []
