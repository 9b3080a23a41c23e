"""What attackers cost, before and after: `python tests/bench/bounds.py TREE…`, each a checked-out console.

Each tree's own server is started on the embedded stack. Told are how long `/healthz` took while somebody sent a cookie
of 16 MB, while 1,100 connections said nothing (under 1,024 open files), and how much memory eight bodies of 60 MB
without a secret took. Seconds are upper values on a busy machine; `inf` is no answer.
"""

import asyncio
import contextlib
import math
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support import server as server_module
from tests.support.processes import memory_bytes
from tests.support.server import ConsoleServer

PATIENCE_SECONDS = 40
COOKIE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + b"a=b;" * (4 * 1024**2) + b"\r\n\r\n"
BODY = b"POST /share_sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 62914561\r\n\r\n"
CHUNK = b" " * 1024**2


async def health_seconds(server: ConsoleServer) -> float:
    """Infinite when there was no answer."""
    began = time.perf_counter()
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http:
            await http.get(f"{server.url}/healthz")
    except httpx.HTTPError:
        return math.inf
    return time.perf_counter() - began


async def sending(server: ConsoleServer, *pieces: bytes) -> None:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(PATIENCE_SECONDS)


async def cookie_seconds(server: ConsoleServer) -> float:
    sender = asyncio.create_task(sending(server, COOKIE))
    longest = 0.0
    for _ in range(10):
        await asyncio.sleep(0.2)
        longest = max(longest, await health_seconds(server))
    sender.cancel()
    return longest


async def silence_seconds(server: ConsoleServer) -> float:
    writers = [(await asyncio.open_connection("127.0.0.1", server.port))[1] for _ in range(1100)]
    await asyncio.sleep(1)
    seconds = await health_seconds(server)
    for writer in writers:
        writer.close()
    return seconds


async def bodies_megabytes(server: ConsoleServer) -> float:
    before, most = memory_bytes(server.pid), 0
    senders = [asyncio.create_task(sending(server, BODY, *[CHUNK] * 60)) for _ in range(8)]
    for _ in range(50):
        await asyncio.sleep(0.2)
        most = max(most, memory_bytes(server.pid))
    for sender in senders:
        sender.cancel()
    return (most - before) / 1024**2


def measure(tree: Path) -> None:
    server_module.ROOT = tree
    with tempfile.TemporaryDirectory() as folder, ConsoleServer(Path(folder), open_files=(1024, 1024)) as server:
        tell(f"{tree}: a cookie of 16 MB: /healthz in {asyncio.run(cookie_seconds(server)):.2f} s")
        tell(f"{tree}: eight bodies of 60 MB without a secret: {asyncio.run(bodies_megabytes(server)):.0f} MB")
        tell(f"{tree}: 1,100 silent connections: /healthz in {asyncio.run(silence_seconds(server)):.2f} s")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        measure(Path(argument).resolve())
