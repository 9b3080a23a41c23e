"""A frame of the log: encoded once, shared by all readers, cut for the few that stand in its middle."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from sync.protocol.frames import UPDATES_TAIL, entry_text, updates_head
from sync.store import StateRow


class Frame:
    """Updates `first` … `last`, both included, as one text.

    Frames of live updates hold every number of their range; those read from the database may hold fewer entries, the
    newest of each key.
    """

    __slots__ = ("_body", "_ends", "_seqs", "epoch", "first", "last", "size", "text")

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

    def after(self, seq: int) -> str:
        """The same frame for a reader that already has `seq`."""
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
        for entry in _decoder.decode(text).entries
    ]


def frame_of_state(epoch: str, since: int, head: int, rows: Sequence[StateRow]) -> Frame:
    """A frame that covers everything after `since` by the newest value of each key."""
    pieces = [entry_text(row.key, row.seq, row.content, row.deleted) for row in rows]
    return Frame(epoch, since + 1, head, [row.seq for row in rows], pieces)
