"""What the workspace, or a person's share of it, has cost: today, in 7 and in 30 days, by model, from the rollups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.safestring import SafeString

from billing.charts import Layout
from billing.ledger.pace import Pace, pace_of
from billing.models import BillingAccount, UsageRollup
from billing.pricing.days import DAY
from billing.selectors.breakdowns import usage_breakdown
from billing.selectors.spending import LimitState, workspace_limit
from billing.selectors.usage import UsageFilter
from billing.views.costcharts import cost_charts

DAYS: Final = 30
HALF: Final = Layout(600, 200, labels_beside=False)
"""For half of a wide page."""
PERIODS: Final = ((1, "Today"), (7, "7 days"), (DAYS, "30 days"))


@dataclass(frozen=True, slots=True)
class ModelCosts:
    """One model's costs in micro-cents, in the order of PERIODS."""

    name: str
    costs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Costs:
    """The last DAYS days (UTC), today included. `source` is what the Usage page calls it."""

    source: str
    models: tuple[ModelCosts, ...]
    totals: tuple[int, ...]
    charts: tuple[tuple[str, SafeString], ...]

    @property
    def is_reported(self) -> bool:
        return self.source == UsageRollup.Source.REPORTED

    @property
    def periods(self) -> list[tuple[str, int]]:
        return [(label, total) for (_, label), total in zip(PERIODS, self.totals, strict=True)]


def costs_of(account: BillingAccount, now: datetime, member_id: str | None) -> Costs | None:
    """What requests cost, or, where none did, what agents reported; None for neither. Two reads at most.

    `member_id` narrows to one person's.
    """
    today = now.date()
    wanted = UsageFilter(today - DAY * (DAYS - 1), today + DAY, member_id=member_id)
    for source in (UsageRollup.Source.METERED.value, UsageRollup.Source.REPORTED.value):
        shown = usage_breakdown(account, replace(wanted, source=source), "model")
        if shown.requests or shown.total:
            models = tuple(
                ModelCosts(series.name, _periods([day.costs[place] for day in shown.days]))
                for place, series in enumerate(shown.series)
            )
            return Costs(source, models, _periods([day.total for day in shown.days]), tuple(cost_charts(shown, HALF)))
    return None


def budget_of(account: BillingAccount, now: datetime) -> tuple[LimitState, Pace | None]:
    """The workspace's monthly budget, and where the month's pace leads. No read."""
    state = workspace_limit(account, now)
    return state, pace_of(state.used, state.limit, now)


def _periods(by_day: Sequence[int]) -> tuple[int, ...]:
    return tuple(sum(by_day[-days:]) for days, _ in PERIODS)
