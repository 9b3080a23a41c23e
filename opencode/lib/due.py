"""Work by due-marks: a column of the row says when its next attempt may begin, and is the only memory of work to do.

Whoever takes a row moves its mark on by the length of a lease, and keeps moving it when the work takes longer. When
they die, the mark comes due and somebody else begins anew; no task that gets lost costs more than time. The value a
lease set is what tells it from any later one: a worker that was overtaken changes nothing any more.
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
    """One row that is this worker's until its mark comes due again at `until`."""

    mark: "DueMark[M]"
    pk: object
    until: datetime

    def extend(self, *, now: datetime, **changes: Any) -> bool:
        """Have the row for a whole lease from `now`, with these changes of it; False when somebody else has it."""
        return self._move(now + self.mark.lease, changes)

    def release(self, *, due_at: datetime | None, **changes: Any) -> bool:
        """Give the row back: due again then, or never (None), with these changes of it; False when it was taken."""
        return self._move(due_at, changes)

    def _move(self, to: datetime | None, changes: dict[str, Any]) -> bool:
        column = self.mark.column
        is_mine = row_claim(self.mark.model, self.pk, Q(**{column: self.until}), **{**changes, column: to})
        if is_mine and to is not None:
            self.until = to
        return is_mine


@dataclass(frozen=True, slots=True)
class DueMark(Generic[M]):
    """`column` of `model` says when the work of a row may begin; without a time there is none.

    `lease` is how long a worker that died with a row delays it.
    """

    model: type[M]
    column: str
    lease: timedelta

    def rows(self, *, now: datetime, early: Q | None = None) -> "QuerySet[M]":
        """The rows whose time has come, and those that `early` says are due before it, the longest due first."""
        due = Q(**{f"{self.column}__lte": now})
        condition = due if early is None else due | early
        return self.model._default_manager.filter(condition).order_by(self.column, "pk")

    def ids(self, *, now: datetime, limit: int) -> list[Any]:
        """Primary keys of `rows`, so many at most."""
        return list(self.rows(now=now).values_list("pk", flat=True)[:limit])

    def take(self, pk: object, *, now: datetime, seen: datetime | None = None, **changes: Any) -> Lease[M] | None:
        """The row as this worker's, with these changes of it; None when it is not due, or somebody else was faster.

        With `seen`, the mark as it was read, due is what still has that mark, whatever its time.
        """
        until = now + self.lease
        condition = Q(**{f"{self.column}__lte": now}) if seen is None else Q(**{self.column: seen})
        is_mine = row_claim(self.model, pk, condition, **{**changes, self.column: until})
        return Lease(self, pk, until) if is_mine else None


def pause_after(attempts: int, pauses: Sequence[timedelta]) -> timedelta | None:
    """How long to wait after so many attempts (1 or more) have failed; None when that was the last."""
    return pauses[attempts - 1] if attempts <= len(pauses) else None


def pause_as_long_again(failing: timedelta, *, first: timedelta, last: timedelta) -> timedelta:
    """How long to wait where nothing counts attempts: as long again as they have been failing, within bounds."""
    return min(max(failing, first), last)
