"""Publishers that go on until the server is gone, and remember exactly what was acknowledged."""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed

from tests.support.sockets import SyncSocket

WINDOW = 16
BATCH = 3
# Told to try again, a client waits a moment.
REFUSED_SECONDS = 0.05


class Acknowledgements:
    """Counts over all publishers; `reached(n)` waits until n more have come."""

    def __init__(self) -> None:
        self.total = 0
        self._changed = asyncio.Condition()

    async def add(self) -> None:
        async with self._changed:
            self.total += 1
            self._changed.notify_all()

    async def reached(self, more: int) -> None:
        goal = self.total + more
        async with self._changed, asyncio.timeout(30):
            await self._changed.wait_for(lambda: self.total >= goal)


class SocketPublisher:
    """Publishes with an API key, WINDOW operations in flight, each a batch of keys of its own."""

    def __init__(
        self,
        sockets_url: str,
        key: str,
        session: str,
        name: str,
        acks: Acknowledgements,
        refusals: frozenset[str] = frozenset(),
    ) -> None:
        """With `refusals`, codes, what is refused by one of them is sent again; any other is a failure."""
        self.session = session
        self.refused: Counter[str] = Counter()
        self._refusals = refusals
        self.acked: dict[str, tuple[str, int]] = {}
        self.waiting: dict[str, list[dict[str, Any]]] = {}
        self._url = f"{sockets_url}/sync/v1/sessions/{session}"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._name = name
        self._numbers = count(1)
        self._acks = acks

    async def run(self) -> None:
        """Send again what has no ack, then go on; returns when the connection breaks."""
        try:
            async with SyncSocket(self._url, headers=self._headers) as socket:
                for operation, updates in self.waiting.items():
                    await socket.send({"type": "publish", "id": operation, "updates": updates})
                while True:
                    await self._fill(socket)
                    await self._take(socket, await socket.receive())
        except (ConnectionClosed, OSError):
            return

    async def _fill(self, socket: SyncSocket) -> None:
        while len(self.waiting) < WINDOW:
            operation = f"{self._name}-{next(self._numbers)}"
            keys = [f"session/part/{self.session}/msg_{self._name}/{operation}-{place}" for place in range(BATCH)]
            self.waiting[operation] = [{"key": key, "content": {"text": key}} for key in keys]
            await socket.send({"type": "publish", "id": operation, "updates": self.waiting[operation]})

    async def _take(self, socket: SyncSocket, frame: dict[str, Any]) -> None:
        if frame["type"] == "error":
            assert frame["code"] in self._refusals, frame
            self.refused[frame["code"]] += 1
            await asyncio.sleep(REFUSED_SECONDS)
            await socket.send({"type": "publish", "id": frame["id"], "updates": self.waiting[frame["id"]]})
        if frame["type"] == "ack":
            for place, update in enumerate(self.waiting.pop(frame["id"])):
                self.acked[update["key"]] = (frame["epoch"], frame["from"] + place)
            await self._acks.add()


class AgentPublisher:
    """Speaks the agents' protocol: one batch of parts after the other, each with keys of its own."""

    def __init__(self, url: str, session: str, acks: Acknowledgements) -> None:
        self.session = session
        self.share = ""
        self.acked: set[str] = set()
        self.unanswered = 0
        self._url = url
        self._secret = ""
        self._numbers = count(1)
        self._acks = acks

    async def create(self) -> None:
        async with _client(self._url) as client:
            created = (await client.post("/api/share", json={"sessionID": self.session})).raise_for_status().json()
        self.share, self._secret = created["id"], created["secret"]

    async def run(self) -> None:
        """Sync until the server is gone."""
        async with _client(self._url) as client:
            try:
                while True:
                    await self._sync(client)
            except httpx.TransportError:
                return

    async def _sync(self, client: httpx.AsyncClient) -> None:
        numbers = [next(self._numbers) for _ in range(BATCH)]
        self.unanswered = BATCH
        body = {"secret": self._secret, "data": [self._part(number) for number in numbers]}
        answer = await client.post(f"/api/share/{self.share}/sync", json=body)
        answer.raise_for_status()
        self.unanswered = 0
        self.acked.update(f"session/part/{self.session}/msg_1/prt_{number}" for number in numbers)
        await self._acks.add()

    def _part(self, number: int) -> dict[str, Any]:
        part = {"id": f"prt_{number}", "sessionID": self.session, "messageID": "msg_1", "type": "text"}
        return {"type": "part", "data": {**part, "text": f"part {number}"}}


class Follower:
    """A reader that counts on: every frame must continue the one before."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self.epoch = ""
        self.seq = -1
        self._url = url
        self._headers = headers

    async def run(self, ready: Callable[[], None]) -> None:
        try:
            async with SyncSocket(self._url, headers=self._headers) as socket:
                snapshot = await socket.expect("snapshot", more=False)
                self.epoch, self.seq = snapshot["epoch"], snapshot["seq"]
                ready()
                while True:
                    self._follow(await socket.receive())
        except (ConnectionClosed, OSError):
            return

    def _follow(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "updates":
            assert frame["from"] == self.seq + 1, frame
            self.seq = frame["to"]


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)
