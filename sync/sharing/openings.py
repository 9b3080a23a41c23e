"""How often links are opened: a number a day and link, and nothing of who opened them.

Counted in memory and written by a background thread a moment later: whoever opens a link waits for no database. A
process that is killed loses the openings of the last moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Sum

from opencode.lib.clock import utc_now
from opencode.lib.latewrites import LateWrites
from opencode.lib.sql import stored_moment
from sync.models import LinkDay

KEPT_DAYS: Final = 90
"""How long the numbers of a day are kept."""
PURGE_ROWS: Final = 5000
"""How many a purge removes at most; what is left over is the next one's."""
_ADD: Final = (
    "INSERT INTO sync_linkday (share_id, day, opened, last_at) SELECT id, %s, %s, %s FROM sync_share WHERE id = %s "
)
# From the share's row, which may have been erased meanwhile: then there is nothing to count.
_COUNT: Final = {
    "sqlite": _ADD + "ON CONFLICT (share_id, day) DO UPDATE SET opened = opened + excluded.opened, "
    "last_at = MAX(last_at, excluded.last_at)",
    "mysql": _ADD + "ON DUPLICATE KEY UPDATE opened = opened + VALUES(opened), "
    "last_at = GREATEST(last_at, VALUES(last_at))",
}


class LinkAndDay(NamedTuple):
    share_id: str
    day: date


class Openings(NamedTuple):
    """How many there were, and when the last of them."""

    number: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LinkUse:
    """How often a link was opened in the last KEPT_DAYS days, and when last; None for never."""

    count: int = 0
    last_at: datetime | None = None


NOT_OPENED: Final = LinkUse()


class OpenedDay(NamedTuple):
    """One day's openings; `height` is their per cent of the busiest day's."""

    day: date
    number: int
    height: int


def link_opened(share_id: str) -> None:
    """Count one opening. Callable from any thread; costs no query."""
    now = utc_now()
    LINK_OPENINGS.add(LinkAndDay(share_id, now.date()), Openings(1, now))


def links_used(share_ids: Iterable[str]) -> Mapping[str, LinkUse]:
    """How the links were used, by id, in one query; those that nobody opened are missing."""
    rows = LinkDay.objects.filter(share_id__in=list(share_ids)).values_list("share_id").order_by()
    return {name: LinkUse(count, last) for name, count, last in rows.annotate(Sum("opened"), Max("last_at"))}


def opened_days(share_id: str, today: date, days: int) -> list[OpenedDay]:
    """The last days of a link, the oldest first, those without an opening included."""
    first = today - timedelta(days=days - 1)
    counted = dict(LinkDay.objects.filter(share_id=share_id, day__gte=first).values_list("day", "opened"))
    most = max(counted.values(), default=0)
    found = []
    for day in (first + timedelta(days=number) for number in range(days)):
        count = counted.get(day, 0)
        found.append(OpenedDay(day, count, -(-100 * count // most) if most else 0))
    return found


def openings_purge(*, now: datetime) -> int:
    """Delete the numbers of days that are too old; returns how many."""
    old = LinkDay.objects.filter(day__lt=now.date() - timedelta(days=KEPT_DAYS)).values_list("pk", flat=True)
    removed, _ = LinkDay.objects.filter(pk__in=list(old[:PURGE_ROWS])).delete()
    return removed


@transaction.atomic
def _write(openings: Mapping[LinkAndDay, Openings]) -> None:
    with connection.cursor() as cursor:
        for (share_id, day), opened in sorted(openings.items()):
            cursor.execute(_COUNT[connection.vendor], [day, opened.number, stored_moment(opened.last_at), share_id])


def _joined(waiting: Openings, added: Openings) -> Openings:
    return Openings(waiting.number + added.number, max(waiting.last_at, added.last_at))


def _seconds() -> float:
    return settings.CREDENTIAL_USE_SECONDS


LINK_OPENINGS: Final[LateWrites[LinkAndDay, Openings]] = LateWrites(_write, join=_joined, seconds=_seconds)
