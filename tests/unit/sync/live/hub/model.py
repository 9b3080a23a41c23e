"""A database in memory and readers that check every promise on each frame: the hub's surroundings in its tests."""

import asyncio
import json

from sync.live.hub import LogCursor, Range, SessionHub
from sync.protocol.frames import entry_text
from sync.protocol.positions import Position
from sync.store import StateRead, StateRow

EPOCH = "e1"


class MemoryDatabase:
    """The numbered updates of one session, and the state reads a real store would give."""

    def __init__(self) -> None:
        self.updates: list[StateRow] = []
        self.epoch = EPOCH
        self.exists = True
        self.is_away = False
        self.reads = 0
        self.has_read = asyncio.Event()
        self.answer = asyncio.Event()
        self.answer.set()

    def commit(self, keys: list[str]) -> Range:
        first = len(self.updates) + 1
        for key in keys:
            seq = len(self.updates) + 1
            self.updates.append(StateRow(key, seq, json.dumps(f"{key}@{seq}"), False))
        pieces = [entry_text(*row) for row in self.updates[first - 1 :]]
        return Range(self.epoch, first, len(self.updates), pieces)

    async def read(self, session_id: int, since: int, rows: int | None) -> StateRead | None:
        self.reads += 1
        if self.is_away:
            raise ConnectionError("the database is away")
        state = self.state(since)
        state = state._replace(rows=state.rows[:rows])
        self.has_read.set()
        await self.answer.wait()
        return state if self.exists else None

    def load(self, session_id: int, since: int, rows: int | None) -> "asyncio.Future[StateRead | None]":
        return asyncio.ensure_future(self.read(session_id, since, rows))

    def state(self, since: int = 0) -> StateRead:
        newest = {row.key: row for row in self.updates}
        rows = sorted((row for row in newest.values() if row.seq > since), key=lambda row: row.seq)
        return StateRead(self.epoch, len(self.updates), rows)


class CheckingReader:
    """Follows a hub as a client would, and fails on any gap, repeat or step back."""

    def __init__(self, hub: SessionHub, since: Position | None = None, state: dict[str, int] | None = None) -> None:
        self.hub = hub
        self.cursor = LogCursor(hub)
        self.since = since
        self.state: dict[str, int] = dict(state or {})
        self.seq = since.seq if since else -1
        self.frames = 0

    async def join(self) -> None:
        parts = await self.cursor.start(self.since)
        for text in parts:
            frame = json.loads(text)
            self.seq = frame["seq"]
            self.state |= {entry["key"]: entry["seq"] for entry in frame["entries"]}

    async def drain(self) -> None:
        """Take everything there is now."""
        while (text := await self.cursor.next()) is not None:
            self._apply(json.loads(text))

    def _apply(self, frame: dict[str, object]) -> None:
        if frame["type"] == "heartbeat":
            return
        self.frames += 1
        assert frame["from"] == self.seq + 1, f"a gap or a repeat: {frame['from']} after {self.seq}"
        for entry in frame["entries"]:  # type: ignore[attr-defined]
            assert frame["from"] <= entry["seq"] <= frame["to"]  # type: ignore[operator]
            assert entry["seq"] > self.state.get(entry["key"], 0), "an old value after a new one"
            assert entry["content"] == f"{entry['key']}@{entry['seq']}"
            self.state[entry["key"]] = entry["seq"]
        self.seq = frame["to"]  # type: ignore[assignment]


async def settle(hub: SessionHub) -> None:
    """Let the hub read and merge all it has to."""
    for _ in range(200):
        await asyncio.sleep(0)
        if hub.flushed == hub.last and not hub.is_busy:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the hub did not settle")
