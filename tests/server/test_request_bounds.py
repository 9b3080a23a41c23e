"""Requests are bounded at every route the code has: headers, bodies, rates, silence. Routes are taken from the code."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from opencode.lib.asgi.bodies import GRACE_SECONDS
from opencode.server.boundedhttp import HEAD_BYTES, HEAD_SECONDS
from sync.agents.paths import METHODS as AGENT_METHODS
from sync.agents.paths import route_of as agent_route_of
from sync.doors.http.application import METHODS as SYNC_METHODS
from sync.doors.http.application import PREFIX
from sync.doors.routing import websocket_urlpatterns
from tests.support.fixtures import StartServer
from tests.support.server import ConsoleServer

# Before any database is asked.
pytestmark = pytest.mark.embedded
FILLED = re.compile(r"<(?:[a-z_]+:)?[a-z_]+>")
SPARE_SECONDS = 8
AGENT_PATHS = {
    name: {"create": "/api/share", "share": "/api/share/abcdefgh"}.get(
        name, f"/{name}" if name.startswith("share_") else f"/api/share/abcdefgh/{name}"
    )
    for name in AGENT_METHODS
}
SYNC_PATHS = {
    name: {"tickets": f"{PREFIX}tickets", "session": f"{PREFIX}sessions/ses_x"}.get(
        name, f"{PREFIX}sessions/ses_x/{name}"
    )
    for name in SYNC_METHODS
}


def page_paths(resolver: URLResolver | None = None, before: str = "/") -> Iterator[str]:
    for part in (resolver or get_resolver()).url_patterns:
        path = before + FILLED.sub("x1", str(part.pattern).replace("\\Z", "").strip("^$"))
        if isinstance(part, URLPattern):
            yield re.sub(r"\(\?P?<?[^)]*\)", "x1", path)
        else:
            yield from page_paths(part, path)


PAGES = sorted(set(page_paths()))
SOCKETS = [f"{PREFIX}sessions/ses_x", "/share_poll?id=abcdefgh"]
EVERYWHERE = [*AGENT_PATHS.values(), *SYNC_PATHS.values(), *PAGES]


class Client:
    """A client that sends what it likes, over one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        # Whoever is refused in the middle may find the connection gone.
        with contextlib.suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def status(self) -> int:
        """Of the answer; 0 when the connection ends without one."""
        with contextlib.suppress(ConnectionError):
            line = await self.reader.readline()
            return int(line.split()[1]) if line else 0
        return 0

    async def is_ended(self) -> bool:
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass
        return True


@contextlib.asynccontextmanager
async def connected(server: ConsoleServer) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def opening(path: str, *headers: str) -> bytes:
    handshake = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    return head("GET", path, *handshake, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *headers)


async def of_each(
    server: ConsoleServer, paths: list[str], ask: Callable[[Client, str], Awaitable[int]]
) -> dict[str, int]:
    """What each route came to, all of them asked at the same time."""

    async def one(path: str) -> int:
        async with connected(server) as client, asyncio.timeout(40):
            return await ask(client, path)

    return dict(zip(paths, await asyncio.gather(*map(one, paths)), strict=True))


def test_the_routes_are_those_of_the_code() -> None:
    assert {agent_route_of(path) and agent_route_of(path).name for path in AGENT_PATHS.values()} == set(AGENT_METHODS)  # type: ignore[union-attr]
    assert len(PAGES) > 100
    assert {"/api/v1/openapi.json", "/accounts/login/", "/admin/login/", "/share/x1", "/metrics"} <= set(PAGES)
    # One address for sessions, one for everything else.
    assert len(websocket_urlpatterns) == 2


async def large_headers(client: Client, path: str) -> int:
    cookie = "Cookie: " + "a=b;" * (HEAD_BYTES // 4)
    await client.send(opening(path, cookie) if path in SOCKETS else head("POST", path, cookie))
    return await client.status()


async def trickle(client: Client, path: str) -> int:
    await client.send(head("POST", path, "Content-Type: application/json", "Content-Length: 1000000"))
    answer = asyncio.create_task(client.status())
    while not answer.done():
        await client.send(b"{")
        await asyncio.wait([answer], timeout=1)
    return await answer


async def announce_much(client: Client, path: str) -> int:
    """A body of 64 MB, announced and never sent."""
    await client.send(head("POST", path, "Content-Type: application/json", f"Content-Length: {64 * 1024**2}"))
    return await client.status()


async def begin_only(client: Client, path: str) -> int:
    """Half a request; an empty path: nothing at all."""
    request = opening(path) if path in SOCKETS else head("GET", path)
    await client.send(request[:-2] if path else b"")
    return int(await client.is_ended())


async def share_twice(server: ConsoleServer) -> list[int]:
    """An agent's two requests on one connection, longer apart than anybody may take for one."""
    async with connected(server) as client:
        create = head("POST", "/api/share", "Content-Length: 23") + b'{"sessionID":"ses_abc"}'
        await client.send(create)
        first = await client.status()
        await asyncio.sleep(HEAD_SECONDS + 1)
        await client.send(create)
        lines = (await client.reader.readuntil(b"HTTP/1.1 ")).count(b"\r\n")
        assert lines > 3
        return [first, int((await client.reader.readline()).split()[0])]


async def test_headers_above_64_kb_are_refused_everywhere_and_delay_nobody(console_server: ConsoleServer) -> None:
    statuses = await of_each(console_server, [*EVERYWHERE, *SOCKETS], large_headers)
    assert set(statuses.values()) == {431}
    async with connected(console_server) as client, httpx.AsyncClient(trust_env=False) as other:
        sending = asyncio.create_task(client.send(head("GET", "/", "Cookie: " + 'a="' + '\\"' * 8_000_000)))
        began = asyncio.get_running_loop().time()
        answer = await other.get(f"{console_server.url}/healthz")
        assert answer.status_code == 200
        assert asyncio.get_running_loop().time() - began < 2
        await sending


async def test_slow_and_silent_clients_end_everywhere_and_agents_connections_stay(
    console_server: ConsoleServer,
) -> None:
    began = asyncio.get_running_loop().time()
    trickled, announced, begun, shared = await asyncio.gather(
        of_each(console_server, EVERYWHERE, trickle),
        of_each(console_server, [path for path in EVERYWHERE if path != AGENT_PATHS["share_sync"]], announce_much),
        of_each(console_server, ["", *EVERYWHERE, *SOCKETS], begin_only),
        share_twice(console_server),
    )
    assert HEAD_SECONDS - 1 < asyncio.get_running_loop().time() - began < GRACE_SECONDS + SPARE_SECONDS
    assert {path for path, status in (trickled | announced).items() if status < 400} == set()
    read = {path for path, status in trickled.items() if status == 408}
    assert set(PAGES) <= read
    assert {"/api/share", "/share_sync", f"{PREFIX}tickets"} <= read
    assert set(begun.values()) == {1}
    assert shared == [200, 200]


async def test_1100_silent_connections_keep_nobody_out(start_server: StartServer) -> None:
    """Under the limits of open files that many systems begin with: the lower one is raised, and told."""
    server = start_server(open_files=(512, 1024))
    assert "open_files=1024" in server.log
    async with contextlib.AsyncExitStack() as held:
        for _ in range(1100):
            await held.enter_async_context(connected(server))
        async with httpx.AsyncClient(trust_env=False) as other:
            assert (await other.get(f"{server.url}/healthz", timeout=5)).status_code == 200
            assert (await other.get(f"{server.url}/accounts/login/", timeout=5)).status_code == 200
