"""The document model: a session's entries in reading order. Contents stay JSON text until they are rendered."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from sync.protocol.keys import ASK_KIND, EntryKey, parse_key
from sync.render.fields import decode
from sync.render.order import MessageHead, message_head


class Row(Protocol):
    """A row as the store reads it: the newest value of a key."""

    @property
    def key(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def content(self) -> str: ...


class Entry(NamedTuple):
    """One entry with its key parsed; when it `is_cut`, `content` is only the beginning of its `size` bytes."""

    key: str
    seq: int
    content: str
    name: EntryKey
    is_cut: bool = False
    size: int = 0

    @property
    def data(self) -> Any:
        return decode(self.content)


class Part(NamedTuple):
    """A part of a message; `id` is the key's last segment and orders the parts."""

    id: str
    message_id: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its parts by id."""

    id: str
    entry: Entry
    head: MessageHead
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A session. `orphans` are parts whose message is missing; `others` are entries of unknown kinds.

    `asks` are what its agent waits for, or waited for.
    """

    info: dict[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    diff: Entry | None = None
    models: Entry | None = None
    orphans: tuple[Part, ...] = ()
    others: tuple[Entry, ...] = ()
    asks: tuple[Entry, ...] = ()


def entry_of(row: Row) -> Entry | None:
    """The row's entry; None when the key is of another form, or lacks the segments its kind needs."""
    name = parse_key(row.key)
    if name is None or len(name.segments) != {"info": 0, "message": 1, "part": 2}.get(name.kind, len(name.segments)):
        return None
    return Entry(row.key, row.seq, row.content, name, getattr(row, "is_cut", False), getattr(row, "size", 0))


def message_of(entry: Entry, parts: Iterable[Part] = ()) -> Message:
    message_id = entry.name.segments[0]
    return Message(message_id, entry, message_head(message_id, entry.content), tuple(sorted(parts)))


def part_of(entry: Entry) -> Part:
    message_id, part_id = entry.name.segments
    return Part(part_id, message_id, entry)


def document_before(document: Document, message_id: str, part_id: str) -> Document:
    """The part of the document before a message, or before one of its parts."""
    kept = tuple(
        replace(message, parts=tuple(part for part in message.parts if message.id < message_id or part.id < part_id))
        for message in document.messages
        if message.id < message_id or (part_id and message.id == message_id)
    )
    return replace(document, messages=kept, orphans=(), others=(), diff=None)


def build_document(rows: Iterable[Row]) -> Document:
    """The document of these rows; never raises, whatever the entries hold."""
    kinds: dict[str, list[Entry]] = {}
    for entry in filter(None, map(entry_of, rows)):
        kinds.setdefault(entry.name.kind, []).append(entry)
    parts: dict[str, list[Part]] = {}
    for part in map(part_of, kinds.pop("part", [])):
        parts.setdefault(part.message_id, []).append(part)
    messages = [message_of(entry, parts.pop(entry.name.segments[0], ())) for entry in kinds.pop("message", [])]
    info, diff, models = (kinds.pop(kind, [None])[-1] for kind in ("info", "diff", "model"))
    asks = kinds.pop(ASK_KIND, [])
    info_data = info.data if info else None
    return Document(
        info=info_data if isinstance(info_data, dict) else {},
        messages=tuple(sorted(messages, key=lambda message: message.head.order)),
        diff=diff,
        models=models,
        orphans=tuple(sorted(part for waiting in parts.values() for part in waiting)),
        others=tuple(entry for entries in kinds.values() for entry in sorted(entries)),
        asks=tuple(sorted(asks)),
    )
