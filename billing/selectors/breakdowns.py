"""Usage by day and model, key or person, for the Usage page: one read of rollups, the largest six and all others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Sum

from accounts.models import User
from billing.models import BillingAccount, UsageRollup
from billing.pricing.days import days_of
from billing.selectors.usage import UsageFilter, usage_rollups
from workspaces.models import APIKey

SHOWN: Final = 6
OTHER: Final = "\0other"
"""The id of the series of all that are not shown by themselves; no row's id."""
COLUMNS: Final = {"model": "model", "key": "key_id", "member": "member_id"}
_NOBODY: Final = {"model": "no model", "key": "no key", "member": "no person"}


@dataclass(frozen=True, slots=True)
class Series:
    """`id` is a model's name, a key's or a person's id, empty for none, or OTHER; `cost` in micro-cents."""

    id: str
    name: str
    cost: int

    @property
    def is_other(self) -> bool:
        return self.id == OTHER


@dataclass(frozen=True, slots=True)
class DayCosts:
    """`costs` are micro-cents in the order of the breakdown's series, and add up to `total`."""

    day: date
    costs: tuple[int, ...]
    requests: int
    quarantined: int

    @property
    def total(self) -> int:
        return sum(self.costs)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Every day of the range has a row; `series` are the largest first, OTHER last."""

    series: tuple[Series, ...]
    days: tuple[DayCosts, ...]
    requests: int
    quarantined: int

    @property
    def total(self) -> int:
        return sum(series.cost for series in self.series)


def usage_breakdown(account: BillingAccount, wanted: UsageFilter, by: str) -> Breakdown:
    """By `model`, `key` or `member`. Two reads: the rollups, and the names of keys or people."""
    column = COLUMNS[by]
    rows = usage_rollups(account.pk, wanted).order_by().values_list("day", column)
    sums = list(rows.annotate(Sum("cost"), Sum("requests"), Sum("quarantined")))
    costs: dict[str, int] = defaultdict(int)
    for _, name, cost, *_ in sums:
        costs[name] += cost
    shown = sorted(costs, key=lambda name: (-costs[name], name))
    shown, rest = (shown, []) if len(shown) <= SHOWN + 1 else (shown[:SHOWN], shown[SHOWN:])
    names = names_of(account.workspace_id, by, shown)
    series = [Series(name, names[name], costs[name]) for name in shown]
    if rest:
        series.append(Series(OTHER, f"Other ({len(rest)})", sum(costs[name] for name in rest)))
    return Breakdown(
        series=tuple(series),
        days=_days(wanted, shown, sums, has_other=bool(rest)),
        requests=sum(row[3] for row in sums),
        quarantined=sum(row[4] for row in sums),
    )


def _days(
    wanted: UsageFilter, shown: Sequence[str], sums: Iterable[tuple[date, str, int, int, int]], *, has_other: bool
) -> tuple[DayCosts, ...]:
    places = {name: place for place, name in enumerate(shown)}
    width = len(shown) + has_other
    costs: dict[date, list[int]] = {day: [0] * width for day in days_of(wanted.since, wanted.until)}
    requests: dict[date, int] = defaultdict(int)
    quarantined: dict[date, int] = defaultdict(int)
    for day, name, cost, count, left_out in sums:
        costs[day][places.get(name, width - 1)] += cost
        requests[day] += count
        quarantined[day] += left_out
    return tuple(DayCosts(day, tuple(values), requests[day], quarantined[day]) for day, values in costs.items())


def names_of(workspace_id: str, by: str, ids: Iterable[str]) -> dict[str, str]:
    """What to call each; revoked keys keep their names, the keys and names of erased people are gone.

    People's ids must come from rows of the workspace, where those who left it are too.
    """
    wanted = list(ids)
    if by == "model":
        return {name: name or _NOBODY["model"] for name in wanted}
    if by == "key":
        found = dict(APIKey.objects.filter(workspace_id=workspace_id, pk__in=wanted).values_list("pk", "name"))
        gone = "a deleted key"
    else:
        found = {user.pk: user.display_name for user in User.objects.filter(pk__in=wanted)}
        gone = "a deleted account"
    return {name: found.get(name, gone) if name else _NOBODY[by] for name in wanted}


def usage_cost(account_id: int, wanted: UsageFilter) -> int:
    """The sum of the filter alone, in micro-cents."""
    return int(usage_rollups(account_id, wanted).aggregate(total=Sum("cost"))["total"] or 0)


def has_usage(account_id: int, source: str) -> bool:
    """Whether there was any usage from this source, ever."""
    return UsageRollup.objects.filter(account_id=account_id, source=source).exists()
