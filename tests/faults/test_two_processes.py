"""Two web processes on one database: whatever happens between them, readers have everything within one heartbeat."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from opencode.devtools.privateservers import PrivateRedis
from tests.support.fixtures import StartServer
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket
from tests.support.steering_person import SteeringPerson, settled

pytestmark = pytest.mark.servers
HEARTBEAT_SECONDS = 4
# Far below a heartbeat: only the channel layer is as fast.
LAYER_SECONDS = 1
# For a machine that is busy with other tests.
SLACK_SECONDS = 1
SEEDS = range(20 if os.environ.get("OPENCODE_PROVE") else 2)
UPDATES = 150
KEYS = 20
Pair = tuple[ConsoleServer, ConsoleServer]


def start_pair(start_server: StartServer, **environment: str) -> Pair:
    first = start_server(environment=environment)
    return first, start_server(environment=environment, stack=first.stack)


@pytest.fixture
def pair(start_server: StartServer) -> Pair:
    return start_pair(start_server)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


class Client:
    """A member's socket that follows: each frame must continue the one before."""

    def __init__(self, server: ConsoleServer, key: str, since: tuple[str, int] | None = None) -> None:
        url = f"{server.sockets_url}/sync/v1/sessions/ses_1"
        self.socket = SyncSocket(url, headers={"Authorization": f"Bearer {key}"}, since=since, keep=1)
        self.epoch, self.seq = since or ("", 0)
        self.state: dict[str, tuple[int, Any]] = {}

    async def load(self) -> None:
        snapshot = await self.socket.expect("snapshot", more=False)
        self.epoch, self.seq = snapshot["epoch"], snapshot["seq"]
        self._take(snapshot)

    async def reach(self, seq: int, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while self.seq < seq:
                frame = await self.socket.expect("updates", epoch=self.epoch)
                assert frame["from"] == self.seq + 1
                self.seq = frame["to"]
                self._take(frame)

    def _take(self, frame: dict[str, Any]) -> None:
        for entry in frame["entries"]:
            assert self.state.get(entry["key"], (0, None))[0] < entry["seq"], "an old value came after a new one"
            self.state[entry["key"]] = (entry["seq"], entry["content"])


async def opened(stack: AsyncExitStack, server: ConsoleServer, key: str) -> Client:
    client = Client(server, key)
    await stack.enter_async_context(client.socket)
    await client.load()
    return client


async def publish(client: Client, number: int) -> int:
    update = {"key": f"session/part/ses_1/msg_1/prt_{number % KEYS}", "content": {"number": number}}
    ack = await client.socket.publish(f"op-{id(client)}-{number}", [update])
    return int(ack["to"])


async def publish_many(client: Client) -> int:
    return max([await publish(client, number) for number in range(UPDATES)])


async def test_update_published_on_one_process_is_read_on_the_other(pair: Pair) -> None:
    key = pair[0].ask("tests.support.seed")["key"]
    async with AsyncExitStack() as stack:
        publishers = [await opened(stack, server, key) for server in pair]
        readers = [await opened(stack, server, key) for server in reversed(pair)]
        for number in range(8):
            for publisher, reader in zip(publishers, readers, strict=True):
                await reader.reach(await publish(publisher, number), LAYER_SECONDS)


async def test_command_made_on_one_process_reaches_the_bridge_on_the_other(pair: Pair) -> None:
    person = SteeringPerson.of(pair[0], pair[0].ask("tests.support.seed"))
    async with person.bridge(pair[1]) as bridge:
        for text in ("one", "two", "three"):
            asked = time.monotonic()
            assert await person.steer(pair[0], op="prompt", text=text) == 200
            command = await bridge.expect("command")
            assert (command["payload"], time.monotonic() - asked < LAYER_SECONDS) == ({"text": text}, True)
            await bridge.send({"type": "result", "id": command["id"], "outcome": "done"})
            await settled(bridge)


@pytest.mark.parametrize("seed", SEEDS)
async def test_lost_doubled_and_reordered_messages_leave_no_gap(start_server: StartServer, seed: int) -> None:
    servers = start_pair(
        start_server, DJANGO_SETTINGS_MODULE="tests.support.unreliable_settings", TEST_LAYER_SEED=str(seed)
    )
    key = servers[0].ask("tests.support.seed")["key"]
    async with AsyncExitStack() as stack:
        publishers = [await opened(stack, server, key) for server in servers]
        readers = [await opened(stack, server, key) for server in servers]
        head = max(await asyncio.gather(*map(publish_many, publishers)))
        await asyncio.gather(*(reader.reach(head, HEARTBEAT_SECONDS) for reader in readers))
        joined = [await opened(stack, server, key) for server in servers]
        await asyncio.gather(*(client.reach(head, HEARTBEAT_SECONDS) for client in joined))
    assert [client.state for client in (readers[1], *joined)] == [readers[0].state] * 3
    assert head == 2 * UPDATES
    log = servers[0].log + servers[1].log
    assert [fate for fate in ("layer_lost", "layer_held", "layer_doubled") if fate not in log] == []


async def test_killed_redis_delays_readers_by_one_heartbeat(start_server: StartServer, redis: PrivateRedis) -> None:
    servers = start_pair(start_server, REDIS_URL=redis.url)
    key = servers[0].ask("tests.support.seed")["key"]
    async with AsyncExitStack() as stack:
        publisher, reader = await opened(stack, servers[0], key), await opened(stack, servers[1], key)
        await reader.reach(await publish(publisher, 0), LAYER_SECONDS)
        redis.kill9()
        for number in range(3):
            await reader.reach(await publish(publisher, number), HEARTBEAT_SECONDS)
        redis.start()
        await reader.reach(await publish(publisher, 4), HEARTBEAT_SECONDS)
        await fast_again(publisher, reader)


async def test_silent_redis_delays_readers_by_one_heartbeat_and_publishers_not_at_all(
    start_server: StartServer, redis: PrivateRedis
) -> None:
    servers = start_pair(start_server, REDIS_URL=redis.url)
    key = servers[0].ask("tests.support.seed")["key"]
    async with AsyncExitStack() as stack:
        publisher, reader = await opened(stack, servers[0], key), await opened(stack, servers[1], key)
        await reader.reach(await publish(publisher, 0), LAYER_SECONDS)
        with silent(redis):
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                for number in range(3):
                    head = await publish(publisher, number)
            await reader.reach(head, HEARTBEAT_SECONDS)
            joined = await opened(stack, servers[1], key)
            await joined.reach(head, HEARTBEAT_SECONDS)
        await fast_again(publisher, reader)


@contextmanager
def silent(redis: PrivateRedis) -> Iterator[None]:
    """It accepts connections and answers nothing while inside."""
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(redis.pid, signal.SIGCONT)


async def test_people_of_a_killed_process_are_gone_within_two_heartbeats(pair: Pair) -> None:
    key = pair[0].ask("tests.support.seed")["key"]
    async with AsyncExitStack() as stack:
        await opened(stack, pair[0], key)
        staying = await opened(stack, pair[1], key)
        await staying.socket.expect("presence", count=2)
        pair[0].kill9()
        killed = time.monotonic()
        await staying.socket.expect("presence", count=1)
        assert time.monotonic() - killed < 2 * HEARTBEAT_SECONDS + SLACK_SECONDS


async def fast_again(publisher: Client, reader: Client) -> None:
    """Until the layer carries three updates on end; heartbeats alone would bring one in some seconds."""
    fast = 0
    async with asyncio.timeout(30):
        while fast < 3:
            began = time.monotonic()
            await reader.reach(await publish(publisher, fast), HEARTBEAT_SECONDS)
            fast = fast + 1 if time.monotonic() - began < LAYER_SECONDS / 2 else 0


async def test_killed_web_process_leaves_nothing_behind_that_it_acknowledged(pair: Pair) -> None:
    key = pair[0].ask("tests.support.seed")["key"]
    async with AsyncExitStack() as stack:
        publisher, moving, staying = [await opened(stack, server, key) for server in (pair[0], pair[0], pair[1])]
        head = await publish_many(publisher)
        pair[0].kill9()
        await staying.reach(head, HEARTBEAT_SECONDS)
        moved = Client(pair[1], key, since=(moving.epoch, moving.seq))
        await stack.enter_async_context(moved.socket)
        await moved.reach(head, HEARTBEAT_SECONDS)
        assert moved.state == staying.state
        head = await publish(moved, UPDATES)
        await staying.reach(head, LAYER_SECONDS)
