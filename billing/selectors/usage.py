"""Usage as pages and programs read it: from the rollups alone, never from rows by request. Days are UTC."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.db.models import QuerySet, Sum

from billing.models import BillingAccount, UsageRollup
from billing.pricing.classes import TOKEN_CLASSES
from opencode.lib.paging import Keyset, Place, by_day, by_number

ROLLUPS: Final = Keyset(by_day("day"), by_number("pk"))
"""By day, the oldest first."""
SUMS: Final = ("requests", "quarantined", *TOKEN_CLASSES, "cost", "charged", "carried", "own_cost")
DAYS_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """Days from `since` until `until`, which is not included. `key_id` is that of the first key of a rotation.

    None does not narrow; an empty `member_id` or `key_id` means usage without a person or without a key.
    """

    since: date
    until: date
    source: str = UsageRollup.Source.METERED.value
    model: str | None = None
    key_id: str | None = None
    member_id: str | None = None


def account_of(workspace_id: str) -> BillingAccount:
    return BillingAccount.objects.get(workspace_id=workspace_id)


def usage_rollups(account_id: int, wanted: UsageFilter) -> QuerySet[UsageRollup]:
    """The rollups of the filter, unordered; one index range by account, source and day."""
    rows = UsageRollup.objects.filter(
        account_id=account_id, source=wanted.source, day__gte=wanted.since, day__lt=wanted.until
    )
    narrowed = {
        name: value
        for name, value in (("model", wanted.model), ("key_id", wanted.key_id), ("member_id", wanted.member_id))
        if value is not None
    }
    return rows.filter(**narrowed)


def usage_rollups_from(account_id: int, wanted: UsageFilter, place: Place | None) -> QuerySet[UsageRollup]:
    """The rollups from the place's day on: of two lower bounds SQLite may begin its search at the earlier one."""
    since = wanted.since if place is None else max(wanted.since, place[0])
    return usage_rollups(account_id, replace(wanted, since=since))


def usage_totals(rows: QuerySet[UsageRollup]) -> dict[str, int]:
    """The sums of SUMS over the rows, 0 where there are none."""
    found = rows.aggregate(**{name: Sum(name) for name in SUMS})
    return {name: int(value or 0) for name, value in found.items()}
