"""A reader that stops reading costs bounded memory, holds nobody up, and converges when it reads again."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from tests.support.processes import memory_bytes
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket

READERS = 20
KEYS = 16
VALUE_BYTES = 60_000
UPDATES_A_ROUND = 20
WARM_ROUNDS = 6
ROUNDS = 20
# Published while one reader does not read: 24 MB, six times the log that readers share, of a state of 1 MB.
STALLED_BYTES = ROUNDS * UPDATES_A_ROUND * VALUE_BYTES
# What the server's memory may grow by meanwhile; a queue for the stalled reader alone would take all of STALLED_BYTES.
GROWTH_BYTES = 8 * 1024 * 1024


class Reader:
    """Follows one session and keeps its state; counts how many single updates it was shown."""

    def __init__(self, socket: SyncSocket) -> None:
        self.socket = socket
        self.seq = 0
        self.shown = 0
        self.state: dict[str, Any] = {}

    async def load(self) -> None:
        snapshot = await self.socket.expect("snapshot", more=False)
        self.seq = snapshot["seq"]
        self.state = {entry["key"]: entry["content"] for entry in snapshot["entries"]}

    async def reach(self, seq: int) -> None:
        while self.seq < seq:
            frame = await self.socket.expect("updates", **{"from": self.seq + 1})
            self.seq = frame["to"]
            self.shown += len(frame["entries"])
            self.state.update((entry["key"], entry["content"]) for entry in frame["entries"])


async def test_stalled_reader_costs_little_and_delays_nobody(console_server: ConsoleServer) -> None:
    key = console_server.ask("tests.support.seed")["key"]
    url = f"{console_server.sockets_url}/sync/v1/sessions/ses_1"
    headers = {"Authorization": f"Bearer {key}"}
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(SyncSocket(url, headers=headers, keep=1))
        readers = [
            Reader(await stack.enter_async_context(SyncSocket(url, headers=headers, keep=1))) for _ in range(READERS)
        ]
        socket = await stack.enter_async_context(SyncSocket(url, headers=headers, keep=1, receive_buffer=4096))
        stalled = Reader(socket)
        await asyncio.gather(*(reader.load() for reader in [*readers, stalled]))
        for number in range(WARM_ROUNDS):
            head = await _round(publisher, readers, number)
        await stalled.reach(head)
        before = memory_bytes(console_server.pid)

        for number in range(WARM_ROUNDS, WARM_ROUNDS + ROUNDS):
            head = await _round(publisher, readers, number)
        growth = memory_bytes(console_server.pid) - before

        shown = {reader.shown for reader in readers}
        assert shown == {head}, "a healthy reader fell off the log and was given a state read"
        assert growth < GROWTH_BYTES
        await stalled.reach(head)
        assert stalled.state == readers[0].state
        assert stalled.shown < head, "every update was kept for the stalled reader"


async def _round(publisher: SyncSocket, readers: list[Reader], number: int) -> int:
    """Publish a round and wait until every healthy reader has all of it; the head after it."""
    for place in range(UPDATES_A_ROUND):
        serial = number * UPDATES_A_ROUND + place
        update = {
            "key": f"session/part/ses_1/msg_1/prt_{serial % KEYS}",
            "content": f"{serial:08}" * (VALUE_BYTES // 8),
        }
        await publisher.send({"type": "publish", "id": f"op-{serial}", "updates": [update]})
    ack = await publisher.expect("ack", id=f"op-{serial}")
    await asyncio.gather(*(reader.reach(ack["to"]) for reader in readers))
    return int(ack["to"])
