"""Work by due-marks: a column of the row says when its next attempt may begin, and is the only memory of work to do.

A worker takes a row by moving its mark on by the length of a lease, and again when the work takes longer. If it dies,
the mark comes due and another worker starts afresh; a lost task costs only time. The mark's value identifies the
lease: a worker whose lease was taken over changes nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from opencode.lib.claims import row_claim

M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class Lease(Generic[M]):
    """One row that belongs to this worker until its mark comes due again at `until`."""

    mark: "DueMark[M]"
    pk: object
    until: datetime

    def extend(self, *, now: datetime, **changes: Any) -> bool:
        """Renew the lease from `now`, and apply `changes` to the row; False when another worker has it."""
        return self._move(now + self.mark.lease, changes)

    def release(self, *, due_at: datetime | None, **changes: Any) -> bool:
        """Give the row back, due at `due_at` or never (None), and apply `changes`; False when another worker has it."""
        return self._move(due_at, changes)

    def _move(self, to: datetime | None, changes: dict[str, Any]) -> bool:
        column = self.mark.column
        is_mine = row_claim(self.mark.model, self.pk, Q(**{column: self.until}), **{**changes, column: to})
        if is_mine and to is not None:
            self.until = to
        return is_mine


@dataclass(frozen=True, slots=True)
class DueMark(Generic[M]):
    """`column` of `model` says when the work of a row may begin; NULL means that there is none.

    `lease` is how long the row of a worker that died waits for another.
    """

    model: type[M]
    column: str
    lease: timedelta

    def rows(self, *, now: datetime, early: Q | None = None) -> "QuerySet[M]":
        """Rows that are due at `now`, and those that `early` selects before their time, the longest due first."""
        due = Q(**{f"{self.column}__lte": now})
        condition = due if early is None else due | early
        return self.model._default_manager.filter(condition).order_by(self.column, "pk")

    def ids(self, *, now: datetime, limit: int) -> list[Any]:
        """Primary keys of `rows`, `limit` at most."""
        return list(self.rows(now=now).values_list("pk", flat=True)[:limit])

    def take(self, pk: object, *, now: datetime, seen: datetime | None = None, **changes: Any) -> Lease[M] | None:
        """Lease the row, and apply `changes` to it; None when it is not due, or another worker was faster.

        With `seen`, the mark as it was read, the row is due if it still has that mark, whatever its time.
        """
        until = now + self.lease
        condition = Q(**{f"{self.column}__lte": now}) if seen is None else Q(**{self.column: seen})
        is_mine = row_claim(self.model, pk, condition, **{**changes, self.column: until})
        return Lease(self, pk, until) if is_mine else None


def pause_after(attempts: int, pauses: Sequence[timedelta]) -> timedelta | None:
    """The pause after this many (1 or more) failed attempts; None when that was the last."""
    return pauses[attempts - 1] if attempts <= len(pauses) else None


def pause_as_long_again(failing: timedelta, *, first: timedelta, last: timedelta) -> timedelta:
    """The pause when attempts are not counted: as long as they have been failing, between `first` and `last`."""
    return min(max(failing, first), last)
