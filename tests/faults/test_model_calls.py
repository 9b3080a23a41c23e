"""Model calls of several processes against one cap, and of processes that are killed: no cent too much, none lost."""

import asyncio
import os
from collections import Counter
from typing import Any

import aiohttp
import pytest

from tests.faults.calling import COST, PRIVATE, USAGE, call
from tests.faults.dying import POINTS
from tests.faults.modelcalls import DOLLAR
from tests.support import providers as says
from tests.support.fixtures import StartServer
from tests.support.processes import wait_until
from tests.support.providers import Provider, providing, streamed
from tests.support.server import ConsoleServer

IS_LONG = bool(os.environ.get("OPENCODE_PROVE"))
STREAMS = 50
ROUNDS = 20 if IS_LONG else 2
SAMPLE = tuple(POINTS) if IS_LONG else ("forwarded", "spooled")


@pytest.fixture(scope="module")
def provider() -> Any:
    with providing() as stand_in:
        yield stand_in


async def crowd(servers: list[ConsoleServer], made: dict[str, str]) -> Counter[Any]:
    """Fifty calls at once, in turns to each of the servers, again and again; how many were answered how."""
    async with aiohttp.ClientSession(trust_env=False, connector=aiohttp.TCPConnector(limit=0)) as client:
        seen: Counter[Any] = Counter()
        for _ in range(ROUNDS):
            seen.update(await asyncio.gather(*(call(client, servers[turn % 2], made) for turn in range(STREAMS))))
        return seen


@pytest.mark.timeout(400 if IS_LONG else 120)
def test_fifty_streams_of_two_processes_never_spend_more_than_a_dollar(
    start_server: StartServer, provider: Provider
) -> None:
    provider.forget()
    provider.always_plays(streamed(*says.chat_stream("pong", "done", usage=USAGE)))
    server = start_server(environment=PRIVATE)
    made = server.ask("tests.faults.modelcalls", "prepare", provider.url, str(DOLLAR))
    with ConsoleServer(server.data_dir, environment=PRIVATE, stack=server.stack) as other:
        seen = asyncio.run(crowd([server, other], made))
    served, refused = seen[200, True], seen[402, False]
    found = server.ask("tests.faults.modelcalls", "audit")
    assert served + refused == STREAMS * ROUNDS
    assert refused > 0
    assert (found["problems"], found["held"], found["reserved"]) == ([], 0, 0)
    assert found["costs"] == [COST] * served
    # What is left does not hold a call's ceiling, even with the lowest cap.
    assert DOLLAR - 1.3 * COST < found["charged"] <= DOLLAR
    assert len(provider.requests) == served


@pytest.mark.embedded
@pytest.mark.timeout(60 + 60 * len(SAMPLE))
def test_calls_of_a_process_that_is_killed_are_charged_once_or_given_back(
    start_server: StartServer, provider: Provider
) -> None:
    server = start_server(environment=PRIVATE)
    provider.forget()
    first, second, *rest = says.chat_stream("pong", "done", usage=USAGE)
    provider.always_plays(streamed(first, second, 0.3, *rest))
    made = server.ask("tests.faults.modelcalls", "prepare", provider.url, "0")
    server.stop()
    charged = 0
    for point in SAMPLE:
        server.begin_with(DJANGO_SETTINGS_MODULE="tests.faults.dying_settings", TEST_DIES=point)
        assert asyncio.run(crowd_of_one(server, made)) != (200, True)
        server.kill9()
        server.begin_with(DJANGO_SETTINGS_MODULE="opencode.settings.embedded", TEST_DIES="")
        charged += point in {"spooled", "settled", "ending"}
        wait_until(lambda: not spools_left(server), "what was left is settled", 40)
        found = server.ask("tests.faults.modelcalls", "audit")
        assert found["costs"] == [COST] * charged, point
        assert (found["problems"], found["reserved"]) == ([], 0), point
        server.stop()
    server.start()


async def crowd_of_one(server: ConsoleServer, made: dict[str, str]) -> Any:
    async with aiohttp.ClientSession(trust_env=False) as client:
        return await call(client, server, made)


def spools_left(server: ConsoleServer) -> list[str]:
    """Spools of processes other than the one that runs."""
    found = [path for path in (server.data_dir / "spool").glob("*.spool") if path.stat().st_size]
    return [path.name for path in found]
