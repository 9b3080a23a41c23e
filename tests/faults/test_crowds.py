"""Many sockets on one session, many sessions at once: every reader converges, nothing is lost, memory is told."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.support.processes import memory_bytes
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket

IS_LONG = bool(os.environ.get("OPENCODE_PROVE"))
SOCKETS = 1000 if IS_LONG else 200
SESSIONS = 2000 if IS_LONG else 60
UPDATES = 20
READERS = 2
CONNECTING = 50
FILES = 16_384
# The aim is 40 KB at 5,000 idle sockets; what a test allows is far above it and far below a queue for each reader.
SOCKET_BYTES = 200_000
pytestmark = pytest.mark.timeout(600 if IS_LONG else 120)


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """As many open files as the sockets of both ends need; servers started now inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Follower:
    """Follows one session and keeps its state; each frame must continue the one before."""

    def __init__(self, console: ConsoleServer, key: str, session: str) -> None:
        url = f"{console.sockets_url}/sync/v1/sessions/{session}"
        self.socket = SyncSocket(url, headers={"Authorization": f"Bearer {key}"}, keep=1)
        self.session = session
        self.seq = -1
        self.state: dict[str, Any] = {}

    async def load(self) -> None:
        snapshot = await self.socket.expect("snapshot", more=False)
        self.seq = snapshot["seq"]
        self.state = {entry["key"]: entry["content"] for entry in snapshot["entries"]}

    async def publish(self, number: int) -> int:
        update = {"key": f"session/part/{self.session}/m/p{number % 7}", "content": {"number": number}}
        return int((await self.socket.publish(f"op-{number}", [update]))["to"])

    async def reach(self, seq: int) -> None:
        while self.seq < seq:
            frame = await self.socket.expect("updates", **{"from": self.seq + 1})
            self.seq = frame["to"]
            self.state.update((entry["key"], entry["content"]) for entry in frame["entries"])


@asynccontextmanager
async def connected(console: ConsoleServer, key: str, sessions: list[str]) -> AsyncIterator[list[Follower]]:
    """One that follows for each name, all loaded."""
    gate = asyncio.Semaphore(CONNECTING)
    followers = [Follower(console, key, session) for session in sessions]

    async def connect(follower: Follower) -> None:
        async with gate:
            await stack.enter_async_context(follower.socket)
            await follower.load()

    async with AsyncExitStack() as stack:
        await asyncio.gather(*map(connect, followers))
        try:
            yield followers
        finally:
            # Thousands of farewells one after the other would take longer than everything before.
            for follower in followers:
                follower.socket.connection.transport.abort()


async def test_many_sockets_on_one_session_all_have_everything(console_server: ConsoleServer) -> None:
    key = console_server.ask("tests.support.seed")["key"]
    async with connected(console_server, key, ["ses_1"]) as (writer,):
        await writer.publish(0)
        before = memory_bytes(console_server.pid)
        async with connected(console_server, key, ["ses_1"] * SOCKETS) as readers:
            for number in range(1, UPDATES):
                head = await writer.publish(number)
            await asyncio.gather(*(reader.reach(head) for reader in readers))
            grown = (memory_bytes(console_server.pid) - before) // SOCKETS
            print(f"{SOCKETS} sockets on one session: {grown:,} bytes each")  # noqa: T201
    assert head == UPDATES
    assert [reader for reader in readers if reader.state != final_state("ses_1")] == []
    assert {reader.seq for reader in readers} == {head}
    assert grown < SOCKET_BYTES


async def test_many_sessions_with_a_writer_and_readers_each_all_converge(console_server: ConsoleServer) -> None:
    key = console_server.ask("tests.support.seed")["key"]
    names = [f"ses_{number}" for number in range(SESSIONS)]
    before = memory_bytes(console_server.pid)
    async with (
        connected(console_server, key, names) as writers,
        connected(console_server, key, names * READERS) as readers,
    ):
        heads = dict(zip(names, await asyncio.gather(*map(publish_all, writers)), strict=True))
        await asyncio.gather(*(reader.reach(heads[reader.session]) for reader in readers))
        grown = (memory_bytes(console_server.pid) - before) // SESSIONS
        print(f"{SESSIONS} sessions with {1 + READERS} sockets: {grown:,} bytes a session")  # noqa: T201
    assert set(heads.values()) == {UPDATES}
    assert grown < SOCKET_BYTES * (1 + READERS)
    assert [reader for reader in readers if reader.state != final_state(reader.session)] == []


def final_state(session: str) -> dict[str, Any]:
    return {f"session/part/{session}/m/p{number % 7}": {"number": number} for number in range(UPDATES)}


async def publish_all(writer: Follower) -> int:
    return max([await writer.publish(number) for number in range(UPDATES)])
