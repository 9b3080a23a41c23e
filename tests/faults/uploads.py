"""A way to the object storage that stops in the middle of an upload, as a network or a dying worker would."""

import asyncio
from contextlib import closing, suppress
from urllib.parse import urlsplit

CHUNK_BYTES = 4096


class StallingWay:
    """Passes bytes on to `target`; while it stalls, half of what a client puts arrives, and no answer comes."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""
        self.is_stalling = False
        self.stalled = asyncio.Event()

    async def __aenter__(self) -> "StallingWay":
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, away = await asyncio.open_connection(*self._target)
        for work in (self._pump(reader, away, stalls=True), self._pump(there, writer, stalls=False)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, stalls: bool) -> None:
        is_put = False
        with suppress(OSError), closing(to):
            while data := await source.read(CHUNK_BYTES):
                is_put = is_put or data.startswith(b"PUT ")
                head, blank, body = data.rpartition(b"\r\n\r\n")
                if stalls and self.is_stalling and is_put and body:
                    to.write(head + blank + body[: len(body) // 2])
                    await to.drain()
                    self.stalled.set()
                    await asyncio.Event().wait()
                to.write(data)
                await to.drain()
