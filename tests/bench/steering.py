"""Steering through a console of one web process: what an ask and a command take, and what a connected bridge costs.

`python -m tests.bench.steering [--bridges 1000] [--rounds 40]` prints one JSON line. An ask's time is from the bridge's
frame to a member's socket; a command's from the browser's request to the bridge's frame, with the second factor looked
at, the audit log written and every commit synced to disk. Memory is the web process's resident set, in bytes a bridge.
"""

import argparse
import asyncio
import hashlib
import json
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from tests.support.bridges import ask_frame
from tests.support.processes import children_of
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket
from tests.support.steering_person import CSRF, SteeringPerson, settled

PROCESSES_OF_A_MACHINE: Final = 50
AT_ONCE: Final = 20
PROMPTS_A_MINUTE: Final = 5
SETTLE_SECONDS: Final = 3


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--bridges", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=40)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="steering-") as name, ConsoleServer(Path(name) / "data") as server:
        figures = asyncio.run(_measured(server, asked.bridges, asked.rounds))
    sys.stdout.write(json.dumps(figures) + "\n")


async def _measured(server: ConsoleServer, bridges: int, rounds: int) -> dict[str, Any]:
    seeded = server.ask("tests.support.seed")
    person = SteeringPerson.of(server, seeded)
    async with person.bridge(server) as bridge:
        asks = await _asks(server, seeded["key"], bridge, rounds)
        commands = await _commands(server, person, bridge)
    return {
        "ask_ms_p50": _ms(asks),
        "command_ms_p50": _ms(commands),
        "bytes_a_bridge": await _bytes(server, person, bridges),
        "bridges": bridges,
    }


async def _asks(server: ConsoleServer, key: str, bridge: SyncSocket, rounds: int) -> list[float]:
    headers, taken = {"Authorization": f"Bearer {key}"}, []
    url = f"{server.sockets_url}/sync/v1/sessions/ses_1"
    async with SyncSocket(url, headers=headers, keep=1) as viewer:
        await viewer.expect("snapshot")
        await viewer.publish("first", [{"key": "session/info/ses_1", "content": {"id": "ses_1", "title": "one"}}])
        for number in range(rounds):
            began = time.perf_counter()
            await bridge.send(ask_frame(f"per_{number}"))
            await viewer.expect("updates")
            taken.append(time.perf_counter() - began)
            await bridge.send({"type": "resolved", "id": f"per_{number}", "outcome": "once"})
            await viewer.expect("updates")
    return taken


async def _commands(server: ConsoleServer, person: SteeringPerson, bridge: SyncSocket) -> list[float]:
    """As many prompts as a person may send at once, by a browser that keeps its connection."""
    cookies = {"opencode_session": person.cookie, "opencode_csrf": CSRF}
    url, taken = f"{server.url}/workspaces/{person.slug}/sessions/ses_1/steer/", []
    async with httpx.AsyncClient(cookies=cookies, headers={"X-CSRFToken": CSRF}, trust_env=False) as browser:
        await browser.get(url)
        for number in range(PROMPTS_A_MINUTE):
            began = time.perf_counter()
            post = asyncio.create_task(browser.post(url, data={"op": "prompt", "text": str(number), "fragment": "1"}))
            command = await bridge.expect("command")
            taken.append(time.perf_counter() - began)
            assert (await post).status_code == 200
            await bridge.send({"type": "result", "id": command["id"], "outcome": "done"})
            await settled(bridge)
    return taken


async def _bytes(server: ConsoleServer, person: SteeringPerson, bridges: int) -> int:
    """The second half's cost: what the first ones made the process load is not counted."""
    gate, sizes = asyncio.Semaphore(AT_ONCE), []
    async with AsyncExitStack() as stack:
        for half in (range(bridges // 2), range(bridges // 2, bridges)):
            sizes.append(_resident(server))
            await asyncio.gather(*(_connected(server, person, stack, gate, number) for number in half))
            await asyncio.sleep(SETTLE_SECONDS)
        sizes.append(_resident(server))
    return round((sizes[2] - sizes[1]) / (bridges - bridges // 2))


async def _connected(
    server: ConsoleServer, person: SteeringPerson, stack: AsyncExitStack, gate: asyncio.Semaphore, number: int
) -> None:
    headers = {"Authorization": f"Bearer {person.token}", "x-org-id": person.workspace}
    async with gate:
        socket = await stack.enter_async_context(
            SyncSocket(f"{server.sockets_url}/sync/v1/bridge", headers=headers, keep=1)
        )
        process, machine = hashlib.sha256(str(number).encode()).hexdigest()[:24], f"m{number // PROCESSES_OF_A_MACHINE}"
        await socket.send({"type": "hello", "process": process, "machine": machine})
        await socket.expect("welcome")
        await socket.send({"type": "open", "asks": [], "sessions": {}, "nonce": "n"})


def _resident(server: ConsoleServer) -> int:
    """Of the process that serves: the largest of the family."""
    return max(psutil.Process(pid).memory_info().rss for pid in [server.pid, *children_of(server.pid)])


def _ms(seconds: list[float]) -> float:
    return round(statistics.median(seconds) * 1000, 1)


if __name__ == "__main__":
    main()
