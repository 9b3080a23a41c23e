"""Every way a client is connected to a session, each kept open in the middle of what it does.

A door is entered; then the test ends a right; then `outcome` says what became of the client after it has tried
to go on: `OVER` when it was told nothing more and nothing more was taken from it.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol, Self

from opencode.asgi import application
from sync.live.endings import takes_right
from sync.protocol.closing import CloseCode
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_socket import HOST, ASGISocket

SECONDS = 10
OVER = "over"
LATER = "published after the end"
KEY = "session/part/ses_1/msg_1/prt_{}"
REFUSED = {401, 403, 404}
Headers = Mapping[str, str]


class Door(Protocol):
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def outcome(self) -> str: ...


def judged(texts: str, *, over: bool, why: object) -> str:
    return f"was told {LATER}" if LATER in texts else OVER if over else f"ended with {why}"


class ReadingSocket:
    """Reads all it is sent, and publishes after the end."""

    def __init__(self, path: str, headers: Headers, subprotocols: tuple[str, ...] = ()) -> None:
        self.socket = ASGISocket(path, headers, subprotocols=subprotocols)

    async def __aenter__(self) -> Self:
        await self.socket.__aenter__()
        await self.socket.frame("snapshot")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.__aexit__()

    async def outcome(self) -> str:
        await self.socket.publish("late", KEY.format("reading"), LATER)
        texts, code = await self.socket.rest()
        return judged(texts, over=takes_right(CloseCode(code)), why=code)


class StalledSocket(ReadingSocket):
    """Has stopped reading while the server sends to it, and publishes all the same."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.socket.stop_reading()
        while not self.socket.waiting_sends:
            await self.socket.send({"type": "ping"})
            await asyncio.sleep(0)
        return self

    async def outcome(self) -> str:
        for number in range(20):
            await self.socket.publish(f"late{number}", KEY.format(f"stalled{number}"), LATER)
        async with asyncio.timeout(SECONDS):
            await self.socket.aborted.wait()
        return OVER


class ReadingEvents:
    def __init__(self, path: str, headers: Headers) -> None:
        self.events = ASGIEvents(f"{path}/events", {**headers, "sec-fetch-site": "same-origin"})

    async def __aenter__(self) -> Self:
        await self.events.__aenter__()
        await self.events.event("snapshot")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.events.__aexit__()

    async def outcome(self) -> str:
        texts = await self.events.rest()
        return judged(texts, over="event: error" in texts.split("\n\n")[-2], why=texts[-200:])


class StalledEvents(ReadingEvents):
    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.events.reads.clear()
        return self

    async def outcome(self) -> str:
        await self.events.abandoned()
        return OVER


class Poll:
    """An older agent's reader."""

    def __init__(self, share_id: str) -> None:
        self.socket = ASGISocket("/share_poll")
        self.socket.scope["query_string"] = f"id={share_id}".encode()

    async def __aenter__(self) -> Self:
        await self.socket.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.__aexit__()

    async def outcome(self) -> str:
        texts, code = await self.socket.rest()
        return judged(texts, over=takes_right(CloseCode(code)), why=code)


class Request:
    """A request whose body has not arrived when the right ends."""

    method = "POST"

    def __init__(self, path: str, headers: Headers, body: Any = None) -> None:
        self.body = json.dumps(body).encode()
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": self.method,
            "path": path,
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in {"host": HOST, **headers}.items()],
            "client": ("127.0.0.1", 5000),
        }
        self.is_asked_for_its_body = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.messages: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(application(self.scope, self._receive, self._send))
        async with asyncio.timeout(SECONDS):
            await self.is_asked_for_its_body.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def outcome(self) -> str:
        self.may_go_on.set()
        async with asyncio.timeout(SECONDS):
            await asyncio.shield(self.task)
        status = self.messages[0]["status"]
        texts = b"".join(message.get("body", b"") for message in self.messages).decode()
        return judged(texts, over=status in REFUSED, why=status)

    async def _receive(self) -> dict[str, Any]:
        self.is_asked_for_its_body.set()
        await self.may_go_on.wait()
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        self.messages.append(message)


class Push(Request):
    def __init__(self, path: str, headers: Headers) -> None:
        body = {"id": "late", "updates": [{"key": KEY.format("pushed"), "content": LATER}]}
        super().__init__(f"{path}/entries", headers, body)


class HeldBackSync(Request):
    """An agent's batch that waits for its turn."""

    def __init__(self, path: str, headers: Headers, secret: str, is_waiting: asyncio.Event) -> None:
        part = {"id": "prt_synced", "sessionID": "ses_1", "messageID": "msg_1", "type": "text", "text": LATER}
        super().__init__(f"{path}/sync", headers, {"secret": secret, "data": [{"type": "part", "data": part}]})
        self.may_go_on.set()
        self.is_asked_for_its_body = is_waiting


class Pull(Request):
    """A pull that takes long to read."""

    method = "GET"

    def __init__(self, path: str, headers: Headers, is_reading: asyncio.Event, may_go_on: asyncio.Event) -> None:
        super().__init__(f"{path}/entries", {**headers, "sec-fetch-site": "same-origin"})
        self.is_asked_for_its_body = is_reading
        self.may_go_on = may_go_on
