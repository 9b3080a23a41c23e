"""Cost by day as charts, for a breakdown of usage: one for wide screens, one of the last days for phones."""

from collections.abc import Sequence
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from billing.charts import PHONE, WIDE, Day, Layout, stacked_bars
from billing.selectors.breakdowns import Breakdown, DayCosts
from opencode.lib.money import format_dollars

PHONE_DAYS: Final = 10


def cost_charts(shown: Breakdown, wide: Layout = WIDE) -> list[tuple[str, SafeString]]:
    """The two charts, each with the class of the width that shows it; `wide` lays out the first."""
    days = [Day(f"{day.day:%-d %b}", f"{day.day:%A %-d %B}: {_words(shown, day)}", day.costs) for day in shown.days]
    last = max((place for place, each in enumerate(shown.days) if each.total), default=len(days) - 1) + 1
    some = days[max(0, last - PHONE_DAYS) : max(last, min(PHONE_DAYS, len(days)))]
    return [
        ("chart-wide", _chart("wide", "Cost by day (UTC)", shown, days, wide)),
        ("chart-phone", _chart("phone", f"Cost by day (UTC), {len(some)} days", shown, some, PHONE)),
    ]


def _chart(name: str, heading: str, shown: Breakdown, days: Sequence[Day], layout: Layout) -> SafeString:
    names = [series.name for series in shown.series]
    return mark_safe(stacked_bars(name, heading, names, days, format_dollars, layout))  # noqa: S308 - it escapes


def _words(shown: Breakdown, day: DayCosts) -> str:
    costs = zip(shown.series, day.costs, strict=True)
    parts = [f"{series.name} {format_dollars(cost)}" for series, cost in costs if cost]
    return ", ".join([format_dollars(day.total), *parts]) if len(parts) > 1 else " ".join(parts) or "nothing"
