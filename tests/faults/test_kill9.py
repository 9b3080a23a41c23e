"""SIGKILL to the real server in the middle of publishing: what was acknowledged is there, with its number."""

import asyncio
import os
import random
from typing import Any

import pytest

from tests.faults.checks import check_agent, check_writer, session_state
from tests.faults.publishers import Acknowledgements, AgentPublisher, Follower, SocketPublisher
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket

ROUNDS = 40 if os.environ.get("OPENCODE_PROVE") else 2
ACKS_BEFORE_KILL = (20, 400)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> random.Random:
    """Printed with a failure, so that its moments can be tried again."""
    number = random.SystemRandom().randrange(2**32)
    print(f"random seed {number}")  # noqa: T201
    return random.Random(number)


@pytest.mark.timeout(120 + 15 * ROUNDS)
async def test_acknowledged_updates_survive_sigkill(console_server: ConsoleServer, seed: random.Random) -> None:
    key = console_server.ask("tests.support.seed")["key"]
    acks = Acknowledgements()
    sockets = console_server.sockets_url
    # Two of them write one session at the same time.
    writers = [SocketPublisher(sockets, key, session, name, acks) for session, name in ("1a", "1b", "2c")]
    agents = [AgentPublisher(console_server.url, f"ses_agent{number}", acks) for number in range(2)]
    for agent in agents:
        await agent.create()
    epochs: dict[str, str] = {}
    cut_off = 0
    for _ in range(ROUNDS):
        follower = Follower(f"{sockets}/sync/v1/sessions/1", {"Authorization": f"Bearer {key}"})
        await _run_until_killed(console_server, [*writers, *agents], follower, acks, seed)
        cut_off += sum(len(writer.waiting) for writer in writers) + sum(agent.unanswered for agent in agents)
        await asyncio.to_thread(console_server.restart)
        for writer in writers:
            await check_writer(sockets, key, writer, epochs)
        for agent in agents:
            await check_agent(sockets, agent, epochs)
        await _check_resume(sockets, key, follower)
    assert cut_off > 0, "no kill hit a publish that was under way"


async def _run_until_killed(
    server: ConsoleServer,
    publishers: list[SocketPublisher | AgentPublisher],
    follower: Follower,
    acks: Acknowledgements,
    seed: random.Random,
) -> None:
    following = asyncio.Event()
    tasks = [asyncio.create_task(follower.run(following.set))]
    await asyncio.wait_for(following.wait(), 10)
    tasks += [asyncio.create_task(publisher.run()) for publisher in publishers]
    await acks.reached(seed.randint(*ACKS_BEFORE_KILL))
    server.kill9()
    await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def _check_resume(sockets: str, key: str, follower: Follower) -> None:
    """The reader that was cut off gets exactly the entries after its number, in order, and no snapshot."""
    url = f"{sockets}/sync/v1/sessions/1"
    epoch, head, entries = await session_state(url, key)
    missing = sorted(
        (entry for entry in entries.values() if entry["seq"] > follower.seq), key=lambda entry: entry["seq"]
    )
    got: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {key}"}
    async with SyncSocket(url, headers=headers, since=(follower.epoch, follower.seq)) as socket:
        welcome = await socket.expect("welcome", epoch=epoch, seq=head)
        assert welcome["epoch"] == follower.epoch
        while follower.seq + len(got) < head:
            frame = await socket.expect("updates", **{"from": follower.seq + len(got) + 1})
            got += frame["entries"]
        assert got == missing
        await socket.send({"type": "ping"})
        await socket.expect("heartbeat", epoch=epoch, seq=head)
    assert [frame["type"] for frame in socket.frames if frame["type"] == "snapshot"] == []
