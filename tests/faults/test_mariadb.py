"""MariaDB killed and started again on its files, or silent, in the middle of publishing or of model calls.

The console goes on.
"""

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from opencode.devtools.privateservers import PrivateMariaDB
from opencode.lib.bounds import ANSWER_SECONDS, CONNECT_SECONDS
from tests.faults.calling import COST, PRIVATE, USAGE, call
from tests.faults.checks import check_agent, check_writer
from tests.faults.publishers import Acknowledgements, AgentPublisher, SocketPublisher
from tests.support import providers as says
from tests.support.fixtures import StartServer
from tests.support.processes import wait_until
from tests.support.providers import Provider, providing, streamed
from tests.support.server import ConsoleServer
from tests.support.serverstack import DUMP
from tests.support.sockets import SyncSocket

pytestmark = pytest.mark.servers
IS_LONG = bool(os.environ.get("OPENCODE_PROVE"))
ROUNDS = 20 if IS_LONG else 2
STREAMS, AWAY_SECONDS = 50, 10
ACKS_BEFORE_KILL, ACKS_AFTER = 150, 150
AGAIN = frozenset({"service_unavailable"})
# A stale connection's silence, then the attempt to make a new one; and a moment for everything else.
SILENT_SECONDS = ANSWER_SECONDS + CONNECT_SECONDS + 5


@pytest.fixture
def mariadb(prepared_data: Path, tmp_path: Path) -> Iterator[PrivateMariaDB]:
    """A server for this test alone, with the tables of a first start."""
    server = PrivateMariaDB(tmp_path / "mariadb")
    try:
        server.start()
        server.execute(f"USE opencode;\n{(prepared_data / DUMP).read_text()}")
        yield server
    finally:
        server.stop()


@pytest.fixture
def console(start_server: StartServer, mariadb: PrivateMariaDB) -> ConsoleServer:
    return start_server(environment={"DATABASE_URL": mariadb.url})


@contextmanager
def silent(server: PrivateMariaDB) -> Iterator[None]:
    """It accepts connections, and answers nothing while inside."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@pytest.mark.timeout(120 + 30 * ROUNDS)
async def test_acknowledged_updates_survive_a_killed_database(console: ConsoleServer, mariadb: PrivateMariaDB) -> None:
    key = console.ask("tests.support.seed")["key"]
    acks = Acknowledgements()
    writers = [
        SocketPublisher(console.sockets_url, key, session, name, acks, AGAIN)
        for session, name in (("1", "a"), ("1", "b"), ("2", "c"))
    ]
    agents = [AgentPublisher(console.url, f"ses_agent{number}", acks) for number in range(2)]
    for agent in agents:
        await agent.create()
    tasks = [asyncio.create_task(publisher.run()) for publisher in (*writers, *agents)]
    for _ in range(ROUNDS):
        await acks.reached(ACKS_BEFORE_KILL)
        mariadb.kill9()
        await asyncio.to_thread(mariadb.start)
        await acks.reached(ACKS_AFTER)
    assert [task for task in tasks if task.done()] == [], "a connection broke or an agent's batch was refused"
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(writer.refused.total() for writer in writers) > 0, "no kill hit a publish that was under way"
    await asyncio.to_thread(console.restart)
    for writer in writers:
        await check_writer(console.sockets_url, key, writer, {})
    for agent in agents:
        await check_agent(console.sockets_url, agent, {})


async def test_silent_database_refuses_in_bounded_time_and_is_used_again(
    console: ConsoleServer, mariadb: PrivateMariaDB
) -> None:
    key = console.ask("tests.support.seed")["key"]
    url, headers = f"{console.sockets_url}/sync/v1/sessions/1", {"Authorization": f"Bearer {key}"}
    update = [{"key": "session/part/1/msg_1/prt_1", "content": 1}]
    async with SyncSocket(url, headers=headers) as socket:
        await socket.publish("before", update)
        with silent(mariadb):
            began = time.monotonic()
            await socket.send({"type": "publish", "id": "silent", "updates": update})
            refusal = await answered(socket)
            assert (refusal["id"], refusal["code"]) == ("silent", "service_unavailable")
            assert time.monotonic() - began < SILENT_SECONDS
        assert (await socket.publish("silent", update))["to"] == 2
    async with SyncSocket(url, headers=headers) as reader:
        assert (await reader.expect("snapshot"))["seq"] == 2


async def answered(socket: SyncSocket) -> dict[str, str]:
    async with asyncio.timeout(SILENT_SECONDS):
        while True:
            frame: dict[str, str] = json.loads(await socket.connection.recv())
            if frame["type"] in {"ack", "error"}:
                return frame


@pytest.mark.skipif(not IS_LONG, reason="ten seconds without a database: OPENCODE_PROVE=1")
@pytest.mark.timeout(300)
async def test_streams_go_to_their_end_without_a_database_and_are_charged_when_it_is_back(
    start_server: StartServer, mariadb: PrivateMariaDB
) -> None:
    console = start_server(environment={**PRIVATE, "DATABASE_URL": mariadb.url})
    with providing() as provider, says_when(provider) as go:
        made = console.ask("tests.faults.modelcalls", "prepare", provider.url, "0")
        async with aiohttp.ClientSession(trust_env=False, connector=aiohttp.TCPConnector(limit=0)) as client:
            calling = [asyncio.ensure_future(call(client, console, made)) for _ in range(STREAMS)]
            await asyncio.to_thread(wait_until, lambda: len(provider.requests) == STREAMS, "all streams have begun", 60)
            mariadb.kill9()
            back_at = time.monotonic() + AWAY_SECONDS
            go.set()
            assert await asyncio.gather(*calling) == [(200, True)] * STREAMS
            assert await call(client, console, made) == (503, False)
            await asyncio.sleep(back_at - time.monotonic())
            assert await call(client, console, made) == (503, False)
            await asyncio.to_thread(mariadb.start)
            wait_until(lambda: charged(console) == [COST] * STREAMS, "what was kept is settled", 60)
            assert await call(client, console, made) == (200, True)
        assert len(provider.requests) == STREAMS + 1
    found = console.ask("tests.faults.modelcalls", "audit")
    assert (found["problems"], found["held"], found["reserved"]) == ([], 0, 0)
    assert found["costs"] == [COST] * (STREAMS + 1)


@contextmanager
def says_when(provider: Provider) -> Iterator[threading.Event]:
    """Every stream waits in its middle until the event is set."""
    go = threading.Event()
    first, second, *rest = says.chat_stream("pong", "done", usage=USAGE)
    provider.always_plays(streamed(first, second, go, *rest))
    try:
        yield go
    finally:
        go.set()


def charged(console: ConsoleServer) -> list[int]:
    costs: list[int] = console.ask("tests.faults.modelcalls", "costs")
    return costs
