"""A client of `opencode.sync.v1` for Python programs: follows one session, publishes to it, and comes back by itself.

    client = SyncClient("https://console.example/sync/v1/sessions/ses_1", key="oc_live_…")
    async for frame in client.frames():
        print(frame["type"], frame["entries"])

It needs the package `websockets` and nothing else of this project.
"""

import asyncio
import json
import random
import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

Frame = dict[str, Any]
SUBPROTOCOL = Subprotocol("opencode.sync.v1")
EPOCH_CHANGED = 4409
FINAL_CODES = frozenset({1009, 4400, 4401, 4403, 4404, 4410, 4413})
FINAL_STATUSES = frozenset({400, 401, 403, 404, 410})
LOST_AFTER_HEARTBEATS = 2.5
CONNECT_SECONDS = 10.0


class Position(NamedTuple):
    """Everything up to `seq` has been handed out."""

    epoch: str
    seq: int


class SyncEnded(Exception):
    """The server will not have this client: `code` is the close code or HTTP status, `reason` its word for it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{reason or 'refused'} ({code})")
        self.code = code
        self.reason = reason


class SyncRefused(Exception):
    """A publish was refused and changed nothing."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Gap(Exception):
    """Something is missing: connect again and go on from the position."""


class SyncStream:
    """The reading half of the protocol, without a socket: which frames continue what a reader has."""

    def __init__(self, position: Position | None = None) -> None:
        self.position = position
        self._entries: list[Frame] = []
        self._behind = False

    def take(self, frame: Frame) -> Frame | None:
        """What to hand out: a whole `snapshot`, or `updates` that follow. Raises Gap."""
        match frame["type"]:
            case "welcome":
                self._begin(frame)
            case "snapshot":
                return self._snapshot(frame)
            case "updates":
                return self._updates(frame)
            case "heartbeat":
                self._compare(frame)
        return None

    def _begin(self, welcome: Frame) -> None:
        self._entries, self._behind = [], False
        if self.position and (self.position.epoch != welcome["epoch"] or self.position.seq > welcome["seq"]):
            self.position = None

    def _snapshot(self, part: Frame) -> Frame | None:
        self._entries += part["entries"]
        if part["more"]:
            return None
        whole = {**part, "entries": self._entries}
        self._entries, self._behind = [], False
        self.position = Position(part["epoch"], part["seq"])
        return whole

    def _updates(self, frame: Frame) -> Frame | None:
        if self.position is None or frame["epoch"] != self.position.epoch:
            self.position = None
            raise Gap
        seq = self.position.seq
        if frame["to"] <= seq:
            return None
        if frame["from"] > seq + 1:
            raise Gap
        self._behind = False
        self.position = Position(frame["epoch"], frame["to"])
        return {**frame, "from": seq + 1, "entries": [entry for entry in frame["entries"] if entry["seq"] > seq]}

    def _compare(self, heartbeat: Frame) -> None:
        """A head that stays ahead for a whole heartbeat means that something was lost without a gap to show it."""
        is_behind = self.position is not None and heartbeat["seq"] > self.position.seq
        if is_behind and self._behind:
            raise Gap
        self._behind = is_behind


class _Pending(NamedTuple):
    text: str
    ack: "asyncio.Future[Frame]"


class SyncClient:
    """One session. `frames()` keeps the connection; publishes outlive reconnects as long as somebody iterates it."""

    def __init__(
        self, url: str, *, key: str = "", position: Position | None = None, delays: tuple[float, float] = (0.5, 15.0)
    ) -> None:
        self._url = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._stream = SyncStream(position)
        self._delays = delays
        self._pending: dict[str, _Pending] = {}
        self._socket: ClientConnection | None = None
        self._retry_after = 0.0
        self._attempts = 0

    @property
    def position(self) -> Position | None:
        """The last update that was handed out; give it to another client to go on from there."""
        return self._stream.position

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Whole `snapshot` frames and the `updates` that follow, for ever. Raises SyncEnded on a final refusal."""
        while True:
            try:
                async with connect(
                    self._address(),
                    additional_headers=self._headers,
                    subprotocols=[SUBPROTOCOL],
                    open_timeout=CONNECT_SECONDS,
                    max_size=None,
                    proxy=None,
                ) as socket:
                    async for frame in self._follow(socket):
                        yield frame
            except InvalidStatus as refusal:
                if refusal.response.status_code in FINAL_STATUSES:
                    raise self._ended(refusal.response.status_code, "the handshake was refused") from refusal
            except ConnectionClosed as closed:
                self._closed(closed)
            except (OSError, TimeoutError, Gap, WebSocketException):
                pass
            finally:
                self._socket = None
            await self._pause()

    async def publish(self, updates: Sequence[Frame], *, id: str = "") -> Frame:
        """All of `updates` or none; the `ack`. An `id` makes a repeat harmless. Raises SyncRefused, SyncEnded."""
        operation_id = id or secrets.token_hex(12)
        text = json.dumps({"type": "publish", "id": operation_id, "updates": list(updates)})
        ack: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._pending[operation_id] = _Pending(text, ack)
        if self._socket is not None:
            await self._send(self._socket, text)
        return await ack

    async def _follow(self, socket: ClientConnection) -> AsyncGenerator[Frame, None]:
        patience = CONNECT_SECONDS
        while True:
            async with asyncio.timeout(patience):
                frame: Frame = json.loads(await socket.recv())
            if frame["type"] == "welcome":
                patience = frame["heartbeat"] * LOST_AFTER_HEARTBEATS
            elif frame["type"] == "bye":
                self._retry_after = frame["retry_after"]
            else:
                self._settle(frame)
            out = self._stream.take(frame)
            if frame["type"] == "welcome":
                await self._welcomed(socket)
            if out is not None:
                yield out

    async def _welcomed(self, socket: ClientConnection) -> None:
        """Send again whatever has no ack."""
        self._socket, self._attempts = socket, 0
        for pending in list(self._pending.values()):
            await self._send(socket, pending.text)

    async def _send(self, socket: ClientConnection, text: str) -> None:
        try:
            await socket.send(text)
        except ConnectionClosed:
            self._socket = None  # it is sent again after the next welcome

    def _settle(self, frame: Frame) -> None:
        """Answer the publish this frame is about, if it is about one."""
        if frame["type"] not in {"ack", "error"} or "id" not in frame:
            return
        pending = self._pending.pop(frame["id"], None)
        if pending is None or pending.ack.done():
            return
        if frame["type"] == "ack":
            pending.ack.set_result(frame)
        else:
            pending.ack.set_exception(SyncRefused(frame["code"], frame["message"]))

    def _closed(self, closed: ConnectionClosed) -> None:
        code = closed.rcvd.code if closed.rcvd else 0
        if code == EPOCH_CHANGED:
            self._stream.position = None
        if code in FINAL_CODES:
            raise self._ended(code, closed.rcvd.reason if closed.rcvd else "") from closed

    def _ended(self, code: int, reason: str) -> SyncEnded:
        ended = SyncEnded(code, reason)
        for pending in self._pending.values():
            if not pending.ack.done():
                pending.ack.set_exception(ended)
        self._pending.clear()
        return ended

    async def _pause(self) -> None:
        """Longer before each try, with a random part; after `bye` what the server asked for."""
        shortest, longest = self._delays
        ceiling = min(longest, shortest * 2**self._attempts)
        delay = self._retry_after + random.uniform(0, ceiling)  # noqa: S311 - no secret hangs on it
        self._retry_after = 0.0
        self._attempts = min(self._attempts + 1, 16)
        await asyncio.sleep(delay)

    def _address(self) -> str:
        scheme = self._url.scheme.replace("http", "ws", 1)
        query = urlencode(self.position._asdict()) if self.position else ""
        joined = "&".join(filter(None, (self._url.query, query)))
        return urlunsplit((scheme, self._url.netloc, self._url.path, joined, ""))
