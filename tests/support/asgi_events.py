"""A reader of Server-Sent Events inside the test's process: speaks ASGI to the application, as a browser would."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from opencode.asgi import application
from tests.support.asgi_http import HOST

EVENT_SECONDS = 10


class Event(NamedTuple):
    kind: str
    id: str
    frame: dict[str, Any]


class ASGIEvents:
    """`async with ASGIEvents("/sync/v1/sessions/ses_1/events", {"authorization": …}) as events`."""

    def __init__(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        method: str = "GET",
        content: bytes = b"",
    ) -> None:
        given = {"host": HOST, **(headers or {})}
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 5000),
        }
        self.status = 0
        self.headers: dict[str, str] = {}
        self.reads = asyncio.Event()
        self.reads.set()
        self.waiting_sends = 0
        self._gone = asyncio.Event()
        self._bodies = [{"type": "http.request", "body": content, "more_body": False}]
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(application(self.scope, self._receive, self._send))
        start = await self._next()
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._gone.set()
        self.reads.set()
        async with asyncio.timeout(EVENT_SECONDS):
            await self._task

    async def event(self, kind: str) -> Event:
        """The next event of this kind; others before it are passed over."""
        while True:
            message = await self._next()
            assert message.get("more_body"), "the stream is over"
            event = parsed(message["body"].decode())
            if event.kind == kind:
                return event

    async def body(self) -> dict[str, Any]:
        """The whole answer as JSON, for refusals."""
        value: dict[str, Any] = json.loads((await self._next())["body"])
        return value

    async def ended(self) -> Event:
        """Until the server ends the stream; the last event before that."""
        last = Event("", "", {})
        while (message := await self._next()).get("more_body"):
            last = parsed(message["body"].decode())
        return last

    async def rest(self) -> str:
        """Everything until the server ends the answer."""
        texts = ""
        while (message := await self._next()).get("more_body"):
            texts += message["body"].decode()
        return texts

    async def abandoned(self) -> None:
        """Until the application gives the answer up, finished or not."""
        async with asyncio.timeout(EVENT_SECONDS):
            await asyncio.shield(self._task)

    async def _receive(self) -> dict[str, Any]:
        if self._bodies:
            return self._bodies.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.waiting_sends += 1
        try:
            await self.reads.wait()
        finally:
            self.waiting_sends -= 1
        await self._out.put(message)

    async def _next(self) -> dict[str, Any]:
        async with asyncio.timeout(EVENT_SECONDS):
            return await self._out.get()


def parsed(text: str) -> Event:
    """One event; its lines are `name: value`, data is one line."""
    assert text.endswith("\n\n")
    fields = dict(line.split(": ", 1) for line in text.strip().split("\n"))
    return Event(fields["event"], fields.get("id", ""), json.loads(fields["data"]))
