"""Pages of a list, by key: ids sort by creation time."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db.models import Model, QuerySet

PAGE_ROWS: Final = 50
SEARCH_CHARACTERS: Final = 200

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class IdPage(Generic[Row]):
    """Some rows in the order of their ids; `following` is the last one's id, None at the end of the list."""

    rows: list[Row]
    following: str | None


def ascending_page(rows: QuerySet[Row], after: str, limit: int = PAGE_ROWS) -> IdPage[Row]:
    """The page that begins after the id `after`, the oldest first."""
    return _page(rows.filter(pk__gt=after) if after else rows, "pk", limit)


def descending_page(rows: QuerySet[Row], before: str, limit: int = PAGE_ROWS) -> IdPage[Row]:
    """The page that begins before the id `before`, the newest first."""
    return _page(rows.filter(pk__lt=before) if before else rows, "-pk", limit)


def _page(rows: QuerySet[Row], order: str, limit: int) -> IdPage[Row]:
    found = list(rows.order_by(order)[: limit + 1])
    shown = found[:limit]
    return IdPage(shown, str(shown[-1].pk) if len(found) > limit else None)
