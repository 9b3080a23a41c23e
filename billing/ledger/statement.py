"""The lines of a statement, from marks in the ledger: entries, and the ends of days' usage.

Entries and usage rows are numbered together without a gap. So whatever lies between two marks is usage, and what it
came to is what the balance changed by, whether or not it is a whole day: no usage row has to be read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Mark(Generic[Entry]):
    """A place in the ledger whose balance is known: an entry with its `amount`, or the last usage row of a day.

    `day` is that of posting (UTC); amounts are micro-cents.
    """

    seq: int
    balance_after: int
    day: date
    amount: int = 0
    entry: Entry | None = None

    @property
    def balance_before(self) -> int:
        """The balance before the entry."""
        return self.balance_after - self.amount


@dataclass(frozen=True, slots=True)
class Line(Generic[Entry]):
    """An entry, or without one the usage rows from `first_seq` to `last_seq` on one day."""

    day: date
    first_seq: int
    last_seq: int
    amount: int
    balance_after: int
    entry: Entry | None = None

    @property
    def rows(self) -> int:
        return self.last_seq - self.first_seq + 1


def statement_lines(marks: Sequence[Mark[Entry]], before: Mark[Entry] | None) -> Iterator[Line[Entry]]:
    """The lines that end at the marks, the newest first; each balance is the next line's plus the line's amount.

    `marks` are the newest first. `before` is the mark before the oldest of them, None where the ledger begins.
    """
    for number, mark in enumerate(marks):
        older = marks[number + 1] if number + 1 < len(marks) else before
        since, balance = (older.seq, older.balance_after) if older else (0, 0)
        last, after = mark.seq, mark.balance_after
        if mark.entry is not None:
            yield Line(mark.day, mark.seq, mark.seq, mark.amount, after, mark.entry)
            last, after = mark.seq - 1, mark.balance_before
        if last > since:
            yield Line(mark.day, since + 1, last, after - balance, after)
