"""What one agent's large ingest costs the others: `python tests/bench/ingest.py [--tree TREE]… [--megabytes 180]`.

One agent sends a session of so many MB in bodies of 60 MB; another, the bystander, sends one small item after another.
Told are how long the bystander's syncs took before and meanwhile, on the embedded stack or, with DATABASE_URL, on the
server stack. Each tree is a checked-out console; without one it is this.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.trees import in_each_tree, tell
from tests.support.server import ConsoleServer

BODY_BYTES = 60_000_000
PART_BYTES = 4_000
PAUSE_SECONDS = 0.01
QUIET_SECONDS = 4.0


class Agent:
    def __init__(self, http: httpx.AsyncClient, session: str) -> None:
        self._http = http
        self._session = session
        self._path = self._secret = ""

    async def share(self) -> None:
        made = (await self._http.post("/api/share", json={"sessionID": self._session})).json()
        self._path, self._secret = f"/api/share/{made['id']}/sync", made["secret"]

    def body(self, parts: Iterator[tuple[int, int]]) -> bytes:
        """A sync of parts, each given by its number and its size in bytes."""
        data = [
            {
                "type": "part",
                "data": {
                    "id": f"prt_{number:08d}",
                    "messageID": f"msg_{number // 12:08d}",
                    "sessionID": self._session,
                    "type": "text",
                    "text": f"{number} " + "words of a text " * (size // 16),
                },
            }
            for number, size in parts
        ]
        return json.dumps({"secret": self._secret, "data": data}).encode()

    async def sync(self, body: bytes) -> float:
        """Milliseconds until it is acknowledged."""
        began = time.perf_counter()
        answer = await self._http.post(self._path, content=body)
        answer.raise_for_status()
        return (time.perf_counter() - began) * 1000

    def send(self, url: str, bodies: list[bytes]) -> None:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=300)
        for body in bodies:
            connection.request("POST", self._path, body)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()
        connection.close()


async def bystander(agent: Agent, taken: list[float]) -> None:
    number = 0
    while True:
        number += 1
        taken.append(await agent.sync(agent.body(iter([(number % 10, 200)]))))
        await asyncio.sleep(PAUSE_SECONDS)


def bodies(agent: Agent, megabytes: int) -> list[bytes]:
    count = megabytes * 1_000_000 // PART_BYTES
    each = BODY_BYTES // PART_BYTES
    return [
        agent.body((number, PART_BYTES) for number in range(first, min(first + each, count)))
        for first in range(0, count, each)
    ]


async def figures(server: ConsoleServer, megabytes: int) -> None:
    limits = {"trust_env": False, "base_url": server.url, "timeout": 300}
    async with httpx.AsyncClient(**limits) as one, httpx.AsyncClient(**limits) as other:  # type: ignore[arg-type]
        large, small = Agent(one, "ses_large"), Agent(other, "ses_small")
        await asyncio.gather(large.share(), small.share())
        ingest = bodies(large, megabytes)
        before: list[float] = []
        task = asyncio.create_task(bystander(small, before))
        await asyncio.sleep(QUIET_SECONDS)
        task.cancel()
        meanwhile: list[float] = []
        task = asyncio.create_task(bystander(small, meanwhile))
        began = time.perf_counter()
        # In a thread, with a client that sends in one call: the bystander's own time is not to be that of the sending.
        await asyncio.to_thread(large.send, server.url, ingest)
        took = time.perf_counter() - began
        task.cancel()
    tell(f"  before: {shown(before)}")
    tell(f"  while {megabytes} MB came in {took:.1f} s: {shown(meanwhile)}")


def shown(taken: list[float]) -> str:
    cuts = statistics.quantiles(taken, n=100)
    return f"{len(taken)} acks, p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f}, longest {max(taken):.0f}"


if __name__ == "__main__":
    in_each_tree(__doc__ or "", figures, megabytes=180)
