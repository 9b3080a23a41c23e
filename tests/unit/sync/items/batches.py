"""Shorthand for batches, and a writer in a dict that keeps to the real one's rules."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from sync.items.items import Batch, items_of_batch
from sync.items.merge import resolver_of
from sync.protocol.updates import Stored

SESSION = "ses_1"
LIMIT = 10_000


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode())


def opened(*items: Any, session_id: str = SESSION, limit: int = LIMIT) -> Batch:
    return items_of_batch([raw(item) for item in items], session_id, limit)


def session(updated: int, **fields: Any) -> dict[str, Any]:
    return {"type": "session", "data": {"id": SESSION, "time": {"created": 1, "updated": updated}, **fields}}


def message(message_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "data": {"id": message_id, "sessionID": SESSION, **fields}}


def part(part_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "part", "data": {"id": part_id, "messageID": "msg_1", "sessionID": SESSION, **fields}}


class Entries:
    """Entries of one session; `numbered` counts what readers would have been sent."""

    def __init__(self, session_id: str = SESSION) -> None:
        self.session_id = session_id
        self.stored: dict[str, Stored] = {}
        self.numbered = 0

    def sync(self, items: Iterable[Any]) -> int:
        """Merge a batch; returns how many updates got a number."""
        before = self.numbered
        batch = items_of_batch([raw(item) for item in items], self.session_id, 8_000_000)
        for update in resolver_of(batch.items, 8_000_000)(self.stored):
            known = self.stored.get(update.key)
            self.numbered += known is None or known.deleted or known.content != update.content
            self.stored[update.key] = Stored(update.content, update.rank, update.deleted)
        return self.numbered - before

    @property
    def values(self) -> dict[str, Any]:
        return {key: json.loads(entry.content) for key, entry in self.stored.items() if not entry.deleted}

    def value(self, key: str) -> Any:
        return self.values[key.format(SESSION)]
