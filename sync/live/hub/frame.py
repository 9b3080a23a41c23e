"""A frame of the log: encoded once, shared by all readers, cut for the few that have the first part of it already."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import msgspec

from sync.protocol.frames import ENTRIES, UPDATES_TAIL, entry_text, kind_of, updates_head, wire_of
from sync.protocol.keys import ASK_PREFIX, is_ask_key
from sync.store import StateRead, StateRow

PART_ROWS: Final = 2000
PART_CHARACTERS: Final = 1024 * 1024
# About what an entry has in a frame besides its key and its content.
ENTRY_CHARACTERS: Final = 40


class Frame:
    """Updates `first` … `last`, both included, as one text.

    Frames of live updates hold every number of their range; those read from the database may hold fewer entries, the
    newest of each key.
    """

    __slots__ = ("_body", "_ends", "_seqs", "_wire", "epoch", "first", "last", "size", "text")

    def __init__(self, epoch: str, first: int, last: int, seqs: Sequence[int], pieces: Sequence[str]) -> None:
        head = updates_head(epoch, first, last)
        self.epoch = epoch
        self.first = first
        self.last = last
        self._seqs = seqs
        self._body = len(head)
        # Where each entry ends in the text, the comma after it included.
        self._ends = list(accumulate(len(piece) + 1 for piece in pieces))
        self.text = head + ",".join(pieces) + UPDATES_TAIL
        self.size = len(self.text)
        self._wire = b""

    @property
    def wire(self) -> bytes:
        """The text as the bytes of one WebSocket frame, made at first use."""
        if not self._wire:
            self._wire = wire_of(self.text)
        return self._wire

    def invalidate_wire(self) -> None:
        """Drop the bytes once the waiting readers have them: later ones take the text, and both need twice the room."""
        self._wire = b""

    def after(self, seq: int) -> str:
        """This frame for a reader that already has `seq`."""
        if seq < self.first:
            return self.text
        skipped = bisect_right(self._seqs, seq)
        # The last entry has no comma after it.
        start = min(self._body + (self._ends[skipped - 1] if skipped else 0), self.size - len(UPDATES_TAIL))
        return updates_head(self.epoch, seq + 1, self.last) + self.text[start:]


class _Entry(msgspec.Struct):
    key: str
    seq: int
    content: msgspec.Raw = msgspec.Raw(b"")
    deleted: bool = False


class _Entries(msgspec.Struct):
    entries: list[_Entry]


_decoder = msgspec.json.Decoder(_Entries)


def rows_of(text: str) -> list[StateRow]:
    """The entries of an encoded snapshot part or updates frame, for readers that speak another protocol."""
    return [
        StateRow(entry.key, entry.seq, bytes(entry.content).decode(), entry.deleted)
        for entry in _decoder.decode(str(text)).entries  # a `str` itself: msgspec takes none of its subclasses
    ]


def text_without_asks(text: str) -> str:
    """An encoded frame with tombstones in the place of asks, or, in a snapshot, without them."""
    if f'{{"key":"{ASK_PREFIX}' not in text:
        return text
    rows = rows_of(text)
    if kind_of(text) == "snapshot":
        kept = [row for row in rows if not is_ask_key(row.key)]
    else:
        kept = [row._replace(content="", deleted=True) if is_ask_key(row.key) else row for row in rows]
    return text[: text.index(ENTRIES) + len(ENTRIES)] + ",".join(entry_text(*row) for row in kept) + UPDATES_TAIL


def covered_to(state: StateRead, limit: int) -> int:
    """The seq a state read of at most `limit` rows reaches: the head, unless the limit cut it short."""
    return state.rows[-1].seq if len(state.rows) >= limit else state.head


def fitting_rows(rows: Sequence[StateRow]) -> list[StateRow]:
    """The first rows, as many as one frame takes; at least one."""
    characters = 0
    for place, row in enumerate(rows):
        characters += len(row.key) + len(row.content) + ENTRY_CHARACTERS
        if characters > PART_CHARACTERS:
            return list(rows[: place + 1])
    return list(rows)


def frame_of_state(epoch: str, since: int, to: int, rows: Sequence[StateRow], *, is_whole: bool = False) -> Frame:
    """A frame of the newest value of each key after `since`: up to `to`, or as far as a frame's size allows.

    With `is_whole` it takes all the rows, whatever their size.
    """
    fitting = list(rows) if is_whole else fitting_rows(rows)
    pieces = [entry_text(row.key, row.seq, row.content, row.deleted) for row in fitting]
    to = to if len(fitting) == len(rows) else fitting[-1].seq
    return Frame(epoch, since + 1, to, [row.seq for row in fitting], pieces)
