"""The three ways to read a session, made alike: each yields the server's frames and can go on from a position."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from websockets.asyncio.client import connect

Frame = dict[str, Any]
Position = tuple[str, int]
SECONDS = 15


@dataclass(frozen=True)
class Target:
    """A session of the console under test."""

    url: str
    key: str
    session: str

    @property
    def path(self) -> str:
        return f"{self.url}/sync/v1/sessions/{self.session}"

    @property
    def socket(self) -> str:
        return self.path.replace("http", "ws", 1)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def entry(self, name: str) -> str:
        return f"session/part/{self.session}/msg_1/{name}"

    async def push(self, operation_id: str, **values: Any) -> httpx.Response:
        """Publish `name=value` entries, None deleting one."""
        updates = [
            {"key": self.entry(name), **({"deleted": True} if value is None else {"content": value})}
            for name, value in values.items()
        ]
        return await self.post({"id": operation_id, "updates": updates})

    async def post(self, body: object) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await http.post(f"{self.path}/entries", json=body, headers=self.headers)


class Transport(Protocol):
    target: Target

    def __init__(self, target: Target) -> None: ...
    def frames(self, since: Position | None = None) -> AsyncGenerator[Frame, None]: ...


class WebSocket:
    def __init__(self, target: Target) -> None:
        self.target = target

    async def frames(self, since: Position | None = None) -> AsyncGenerator[Frame, None]:
        query = f"?epoch={since[0]}&seq={since[1]}" if since else ""
        options: dict[str, Any] = {"additional_headers": self.target.headers, "max_size": None, "proxy": None}
        async with connect(self.target.socket + query, **options) as socket:
            async for text in socket:
                yield json.loads(text)


class Events:
    def __init__(self, target: Target) -> None:
        self.target = target

    async def frames(self, since: Position | None = None) -> AsyncGenerator[Frame, None]:
        headers = dict(self.target.headers)
        if since:
            headers["last-event-id"] = f"{since[0]}:{since[1]}"
        async with (
            httpx.AsyncClient(trust_env=False, timeout=SECONDS) as http,
            http.stream("GET", f"{self.target.path}/events", headers=headers) as response,
        ):
            assert response.status_code == httpx.codes.OK
            waiting = ""
            async for text in response.aiter_text():
                *events, waiting = (waiting + text).split("\n\n")
                for event in events:
                    yield parsed(event)


def parsed(event: str) -> Frame:
    """The frame of one event, whose name and id must be the frame's."""
    fields = dict(line.split(": ", 1) for line in event.split("\n"))
    frame: Frame = json.loads(fields["data"])
    assert frame["type"] == fields["event"]
    assert fields.get("id", position_text(frame)) == position_text(frame)
    return frame


class Pulls:
    def __init__(self, target: Target) -> None:
        self.target = target

    async def frames(self, since: Position | None = None) -> AsyncGenerator[Frame, None]:
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                query = {"epoch": since[0], "since": since[1]} if since else {}
                answer = await http.get(f"{self.target.path}/entries", params=query, headers=self.target.headers)
                assert answer.status_code == httpx.codes.OK, answer.text
                frame = answer.json()
                since = frame["epoch"], frame.get("to", frame.get("seq"))
                yield frame


TRANSPORTS = [WebSocket, Events, Pulls]


def position_text(frame: Frame) -> str:
    return f"{frame.get('epoch')}:{frame.get('to', frame.get('seq'))}"


class Reader:
    """Keeps a state as docs/protocol.md tells clients to, and complains when a frame breaks a promise."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.position: Position | None = None
        self.kinds: list[str] = []

    async def read_to(self, transport: Transport, seq: int, since: Position | None = None) -> "Reader":
        """Read until everything up to `seq` is here."""
        self.position = since
        async with asyncio.timeout(SECONDS), aclosing(transport.frames(since)) as frames:
            async for frame in frames:
                self.take(frame)
                if self.position is not None and self.position[1] >= seq and not frame.get("more"):
                    break
        return self

    def take(self, frame: Frame) -> None:
        if frame["type"] not in {"snapshot", "updates"}:
            return
        self.kinds.append(frame["type"])
        if frame["type"] == "snapshot":
            # Further parts of one snapshot carry the same number.
            if self.position != (frame["epoch"], frame["seq"]):
                self.state = {}
            self.position = frame["epoch"], frame["seq"]
        else:
            assert self.position is not None, "updates before any state"
            assert frame["to"] >= frame["from"] or not frame["entries"]
            assert (frame["epoch"], frame["from"]) == (self.position[0], self.position[1] + 1), "a gap or a splice"
            self.position = frame["epoch"], frame["to"]
        for entry in frame["entries"]:
            assert entry["seq"] <= self.position[1]
            assert ("content" in entry) != entry.get("deleted", False)
            self.state[entry["key"]] = entry.get("content")
            if entry.get("deleted"):
                del self.state[entry["key"]]
