"""Hours of agent traffic played at speed: once its sessions are closed, a web process holds no more than before."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from opencode.lib.ids import random_base62
from sync.items.recordings import Call, Recorded, Replay, read_recording, session_ids_of
from tests.contract.recordings import DATA, NEWER, OLDER
from tests.support.processes import proportional_memory_bytes
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket

IS_LONG = bool(os.environ.get("OPENCODE_PROVE"))
# What agents would take to send it; the same again is played before, so that caches and pools have their size.
TRAFFIC_SECONDS = 7200 if IS_LONG else 450
WARM_SECONDS = 1800 if IS_LONG else 300
AGENTS = 8
# Free memory is given back at a heartbeat, not at once.
QUIET_SECONDS = 30
GROWTH = 1.10
PAGES = ("", ".json", ".md")
pytestmark = pytest.mark.timeout(1800 if IS_LONG else 180)


def recordings() -> list[list[Recorded]]:
    found = []
    for name in (*NEWER, OLDER):
        with (DATA / name).open() as lines:
            found.append(read_recording(lines))
    return found


def worth(seconds: float) -> list[list[Recorded]]:
    """Recordings one after the other, as long as so many seconds of an agent's work."""
    played: list[list[Recorded]] = []
    left = seconds
    for recording in cycle(recordings()):
        if left <= 0:
            return played
        played.append(recording)
        left -= recording[-1].t
    return played


class Agent:
    """Plays recordings under new ids, each followed by a socket and read as a page, and ends its shares."""

    def __init__(self, console: ConsoleServer) -> None:
        self._console = console
        self._client = httpx.AsyncClient(base_url=console.url, trust_env=False, timeout=30)
        self.sent = 0

    async def play(self, queue: Iterator[list[Recorded]]) -> None:
        async with self._client:
            for recording in queue:
                await self._play(recording)

    async def _play(self, recording: list[Recorded]) -> None:
        replay = Replay({name: f"ses_{random_base62(144)}" for name in session_ids_of(recording)})
        followers: list[asyncio.Task[None]] = []
        ends: list[tuple[str, str, Any]] = []
        for request in recording:
            call = replay.call_of(request)
            if isinstance(call, Call):
                answer = await self._client.request(call.method, call.path, json=call.body)
                answer.raise_for_status()
                self.sent += 1
                if call.creates:
                    created = answer.json()
                    replay.learn(request, created)
                    ends.append(end_of(call.path, call.body, created))
                    followers.append(asyncio.create_task(self._follow(created["url"].rpartition("/")[2])))
        await self._read_pages(replay.links)
        for method, path, body in ends:
            await self._client.request(method, path, json=body)
        await asyncio.gather(*followers)

    async def _follow(self, share: str) -> None:
        """Until the session is gone."""
        with suppress(ConnectionClosed):
            async with SyncSocket(f"{self._console.sockets_url}/sync/v1/sessions/{share}", keep=1) as socket:
                while True:
                    await socket.connection.recv()

    async def _read_pages(self, links: list[str]) -> None:
        for link, kind in ((link, kind) for link in links for kind in PAGES):
            await self._client.get(f"/share/{link.rpartition('/')[2]}{kind}")


def end_of(path: str, body: Any, created: dict[str, Any]) -> tuple[str, str, Any]:
    """What ends the share again, in its protocol."""
    if path == "/share_create":
        return "POST", "/share_delete", {"sessionID": body["sessionID"], "secret": created["secret"]}
    return "DELETE", f"/api/share/{created['id']}", {"secret": created["secret"]}


async def played(console: ConsoleServer, seconds: float) -> int:
    """Requests sent, by several agents at a time."""
    queue = iter(worth(seconds))
    agents = [Agent(console) for _ in range(AGENTS)]
    await asyncio.gather(*(agent.play(queue) for agent in agents))
    return sum(agent.sent for agent in agents)


async def test_hours_of_traffic_leave_the_memory_as_it_was(console_server: ConsoleServer) -> None:
    await played(console_server, WARM_SECONDS)
    before = proportional_memory_bytes(console_server.pid)
    sent = await played(console_server, TRAFFIC_SECONDS)
    after = await least_memory(console_server, before)
    print(f"{TRAFFIC_SECONDS} s of traffic, {sent} requests: {before:,} bytes before, {after:,} after")  # noqa: T201
    assert after < before * GROWTH


async def least_memory(console: ConsoleServer, before: int) -> int:
    """The least it comes down to within some heartbeats; no longer than until it is as good as before."""
    least = proportional_memory_bytes(console.pid)
    for _ in range(QUIET_SECONDS):
        if least < before * GROWTH:
            return least
        await asyncio.sleep(1)
        least = min(least, proportional_memory_bytes(console.pid))
    return least
