"""Those who take part in the state machine of session sync: each holds the server to its promises at every frame."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from sync.live.hub import LogCursor
from sync.live.runtime import Runtime
from sync.protocol.positions import Position
from sync.protocol.updates import PublishReceipt, Update
from sync.writer import Publish

CONVERGED_SECONDS = 10
State = dict[str, tuple[int, Any]]


@dataclass
class Operation:
    """A publish as its client knows it: sent again, to any process, until it is acknowledged."""

    id: str
    updates: list[Update]
    receipt: PublishReceipt | None = None
    waiting: list[tuple[Runtime, "asyncio.Future[PublishReceipt]"]] = field(default_factory=list)

    @classmethod
    def of(cls, number: int, changed: Sequence[tuple[str, bool]]) -> Self:
        """Keys with new values, or deleted; no two updates of a session have one value."""
        updates = [
            Update(key, "" if deleted else json.dumps(f"{number}.{place}"), deleted=deleted)
            for place, (key, deleted) in enumerate(changed)
        ]
        return cls(f"op-{number}", updates)

    def send(self, runtime: Runtime, session_id: int) -> None:
        self.waiting.append((runtime, runtime.submit(Publish(session_id, self.updates, self.id))))

    def acknowledge(self) -> None:
        """Take the answers that have come; all must be one."""
        for answer in [future for _, future in self.waiting if future.done()]:
            receipt = answer.result()
            assert self.receipt in {None, receipt}, f"{self.id} was acknowledged as {self.receipt} and {receipt}"
            assert receipt.last - receipt.first + 1 == len(self.updates)
            self.receipt = receipt
        self.waiting = [pair for pair in self.waiting if not pair[1].done()]

    def hang_up(self, runtime: Runtime) -> None:
        """That process is gone, and with it the answer."""
        self.acknowledge()
        self.waiting = [pair for pair in self.waiting if pair[0] is not runtime]


class Truth:
    """What each number means: whoever sees it must see the same."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[str, Any]] = {}

    def check(self, seq: int, key: str, content: Any) -> None:
        assert self._seen.setdefault(seq, (key, content)) == (key, content), f"number {seq} means two things"


class Reader:
    """Follows by a cursor; remembers where it has been, so that it can come back as of any moment."""

    def __init__(self, truth: Truth, since: Position | None = None, state: State | None = None) -> None:
        self.truth = truth
        self.since = since
        self.seq = since.seq if since else -1
        self.state: State = dict(state or {})
        self.places: list[tuple[int, State]] = []
        self._stack = AsyncExitStack()
        self._cursor: LogCursor | None = None
        self.runtime: Runtime | None = None

    async def join(self, runtime: Runtime, session_id: int) -> None:
        self.runtime = runtime
        hub = await self._stack.enter_async_context(runtime.hubs.reading(session_id))
        self._cursor = LogCursor(hub)
        for text in await self._cursor.start(self.since):
            assert self.since is None, "a reader that came back was given a snapshot"
            snapshot = json.loads(text)
            self.seq = snapshot["seq"]
            self._take(snapshot["entries"], 1, self.seq)
        self._remember()

    async def leave(self) -> None:
        await self._stack.aclose()

    async def read(self, most: int = 1_000_000) -> None:
        """Take up to so many frames, as far as there are any now."""
        assert self._cursor is not None
        for _ in range(most):
            text = await self._cursor.next()
            if text is None:
                return
            frame = json.loads(text)
            if frame["type"] == "updates":
                assert frame["from"] == self.seq + 1, f"a gap or a repeat: {frame['from']} after {self.seq}"
                self._take(frame["entries"], frame["from"], frame["to"])
                self.seq = frame["to"]
                self._remember()

    async def reach(self, seq: int) -> None:
        async with asyncio.timeout(CONVERGED_SECONDS):
            while self.seq < seq:
                await self.read()
                await asyncio.sleep(0.001)

    def _take(self, entries: list[dict[str, Any]], first: int, last: int) -> None:
        for entry in entries:
            key, seq, content = entry["key"], entry["seq"], entry.get("content")
            assert first <= seq <= last
            assert seq > self.state.get(key, (0, None))[0], "an old value after a new one"
            self.truth.check(seq, key, content)
            self.state[key] = (seq, content)

    def _remember(self) -> None:
        self.places.append((self.seq, dict(self.state)))
