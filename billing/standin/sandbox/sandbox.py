"""The objects of one account at Stripe, in memory: ids, a clock, events, and what has to be written to the file.

An object is a plain dict in the form Stripe's API shows it. Keys that begin with `_` are the stand-in's own notes;
`shown` leaves them out.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from billing.standin.sandbox.refusals import StripeRefusal, no_such, no_such_in_path

Object: TypeAlias = dict[str, Any]
API_VERSION: Final = "2026-08-26.dahlia"
ID_CHARACTERS: Final = 24
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Of these only the newest stay; with so many records in all, nothing else is made any more.
PASSING: Final = {"event": 5_000, "_delivery": 5_000, "_idempotency": 5_000}
RECORDS: Final = 50_000


class Sandbox:
    """All objects by kind, oldest first. `clock` gives seconds since 1970; `advance` moves this sandbox ahead of it.

    The same seed and the same acts give the same ids.
    """

    def __init__(self, *, seed: str, clock: Callable[[], int], base_url: str = "http://127.0.0.1") -> None:
        self.base_url = base_url
        self.records: dict[str, dict[str, Object]] = {}
        self.changed: dict[tuple[str, str], None] = {}
        self.request: Object = {"id": None, "idempotency_key": None}
        # What has been settled and has consequences elsewhere: kind and id, for `objects.following`.
        self.followed: list[tuple[str, str]] = []
        # Events that no delivery has been planned for.
        self.emitted: list[str] = []
        self.settings: Object = {"id": "settings", "object": "_settings", "ahead": 0, "made": 0, "tax_percent": 0}
        self.settings["seed"] = seed
        self.records["_settings"] = {"settings": self.settings}
        self._clock = clock
        self._committed: dict[tuple[str, str], str] = {}
        self._unwritten: dict[tuple[str, str], str | None] = {}

    @property
    def now(self) -> int:
        return self._clock() + int(self.settings["ahead"])

    def advance(self, seconds: int) -> None:
        self.settings["ahead"] += seconds
        self.save(self.settings)

    def new_id(self, prefix: str, characters: int = ID_CHARACTERS) -> str:
        self.settings["made"] += 1
        self.save(self.settings)
        number = int.from_bytes(hashlib.sha256(f"{self.settings['seed']}:{self.settings['made']}".encode()).digest())
        letters = []
        for _ in range(characters):
            number, index = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[index])
        return f"{prefix}_{''.join(letters)}"

    def add(self, record: Object) -> Object:
        """Keep a new object. Refuses when the sandbox is full; of what passes the oldest is dropped."""
        kind = record["object"]
        kept = self.records.setdefault(kind, {})
        if kind in PASSING and len(kept) >= PASSING[kind]:
            self.remove(kind, next(iter(kept)))
        elif kind not in PASSING and sum(map(len, self.records.values())) >= RECORDS:
            raise StripeRefusal(f"This sandbox is full: it keeps {RECORDS} records.", status=429)
        kept[record["id"]] = record
        return self.save(record)

    def save(self, record: Object) -> Object:
        """Note that an object has changed, so that it is written."""
        self.changed[record["object"], record["id"]] = None
        return record

    def remove(self, kind: str, id_: str) -> None:
        del self.records[kind][id_]
        self.changed[kind, id_] = None

    def commit(self) -> None:
        """Let what has changed stand: `roll_back` does not undo it any more."""
        for kind, id_ in self.changed:
            record = self.find(kind, id_)
            text = None if record is None else json.dumps(record, separators=(",", ":"))
            self._unwritten[kind, id_] = text
            if text is None:
                self._committed.pop((kind, id_), None)
            else:
                self._committed[kind, id_] = text
        self.changed.clear()

    def unwritten(self) -> list[tuple[str, str, str | None]]:
        """Commit; what the file does not have yet: kind, id, and the record as JSON, or None when it is gone."""
        self.commit()
        rows = [(kind, id_, text) for (kind, id_), text in self._unwritten.items()]
        self._unwritten.clear()
        return rows

    def roll_back(self) -> None:
        """Undo what has changed since the last commit."""
        for kind, id_ in self.changed:
            record, text = self.find(kind, id_), self._committed.get((kind, id_))
            if record is not None and text is not None:
                record.clear()
                record |= json.loads(text)
            elif record is not None and kind != "_settings":
                del self.records[kind][id_]
            elif text is not None and kind not in PASSING:
                self.records[kind][id_] = json.loads(text)
        for pending in (self.changed, self.followed, self.emitted):
            pending.clear()

    def load(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Take over what a file has kept: rows of kind, id and JSON, oldest first."""
        for kind, id_, text in rows:
            self._committed[kind, id_] = text
            if kind == "_settings":
                self.settings |= json.loads(text)
            else:
                self.records.setdefault(kind, {})[id_] = json.loads(text)

    def find(self, kind: str, id_: str) -> Object | None:
        return self.records.get(kind, {}).get(id_)

    def get(self, kind: str, id_: str, param: str | None = None) -> Object:
        """The object that the address, or the parameter `param`, names; refuses when there is none."""
        record = self.find(kind, id_)
        if record is None or (record.get("deleted") and param is not None):
            raise no_such_in_path(kind, id_) if param is None else no_such(kind, id_, param)
        return record

    def anything(self, id_: str) -> Object | None:
        """The object with this id, whatever its kind."""
        return next((kept[id_] for kind, kept in self.records.items() if id_ in kept and kind[0] != "_"), None)

    def every(self, kind: str) -> Iterator[Object]:
        """All objects of a kind that are not deleted, newest first."""
        return (record for record in reversed(self.records.get(kind, {}).values()) if not record.get("deleted"))

    def emit(self, name: str, record: Object, previous: Object | None = None) -> Object:
        """An event that tells of `record` as it is now; `previous` are the values that have changed."""
        data: Object = {"object": shown(record)}
        if previous is not None:
            data["previous_attributes"] = shown(previous)
        event: Object = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": dict(self.request),
            "type": name,
        }
        self.emitted.append(event["id"])
        return self.add(event)

    def update(self, record: Object, changes: Object, event: str | None = None) -> Object:
        """Change an object; with `event`, tell of it when anything differs."""
        previous = {name: record.get(name) for name, value in changes.items() if record.get(name) != value}
        record |= changes
        self.save(record)
        if event is not None and previous:
            self.emit(event, record, {name: value for name, value in previous.items() if name[0] != "_"})
        return record


def shown(value: Any) -> Any:
    """A copy without the stand-in's own notes."""
    if isinstance(value, dict):
        return {name: shown(part) for name, part in value.items() if name[:1] != "_"}
    if isinstance(value, list):
        return [shown(part) for part in value]
    return value
