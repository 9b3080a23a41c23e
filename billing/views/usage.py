"""The Usage page: what was used by day, as a chart and as a table, and as CSV. Everything from rollups."""

from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.forms import GROUPS, SOURCES, UsageChoice, UsageForm
from billing.models import UsageRollup
from billing.pricing.days import DAY, month_before, same_days_before
from billing.selectors.alerts import alert_lines
from billing.selectors.breakdowns import has_usage, usage_breakdown, usage_cost
from billing.selectors.usage import UsageFilter, account_of
from billing.services.usageexport import usage_export
from billing.views.costcharts import cost_charts
from billing.views.links import Link, narrowed_links, query_with
from opencode.lib.clock import utc_now
from opencode.lib.csvcells import csv_response
from workspaces.access import WorkspaceAccess, page_access

_FIELDS: Final = ("source", "by", "month", "since", "until", "model", "key", "member")


@require_safe
def usage(request: HttpRequest, slug: str) -> HttpResponse:
    """Owners and admins see everybody's usage, members their own."""
    access = page_access(request, slug, "usage.view")
    form = UsageForm(request.GET)
    today = utc_now().date()
    choice = _reachable(form.choice(today), access)
    account = account_of(access.workspace.pk)
    shown = usage_breakdown(account, choice.wanted, choice.by)
    given = request.GET.dict() if not form.errors else {}
    query = {name: str(value) for name, value in given.items() if name in _FIELDS and value}
    context = {
        "access": access,
        "nav": "usage",
        "form": form,
        "choice": choice,
        "is_reported": choice.wanted.source == UsageRollup.Source.REPORTED,
        "sees_all": access.can("usage.view_all"),
        "shown": shown,
        "last": choice.wanted.until - DAY,
        "rows": [
            {"day": day.day, "total": day.total, "cells": list(zip(shown.series, day.costs, strict=True))}
            for day in shown.days
            if day.requests or day.total
        ],
        "left_out": [day for day in shown.days if day.quarantined],
        "rows_query": urlencode({name: value for name, value in query.items() if name in ("model", "key", "member")}),
        "alerts": alert_lines(account, now=utc_now(), person_id="" if access.can("usage.view_all") else access.user.pk),
        "is_empty": not shown.requests and not has_usage(account.pk, choice.wanted.source),
        "charts": cost_charts(shown),
        **_comparison(account.pk, choice.wanted, shown.total, today),
        **_links(choice, query, access, today),
    }
    return render(request, "billing/usage.html", context, status=422 if form.errors else 200)


@require_safe
def usage_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Every rollup of exactly the page's filter."""
    access = page_access(request, slug, "usage.view")
    wanted = _reachable(UsageForm(request.GET).choice(utc_now().date()), access).wanted
    lines = usage_export(account=account_of(access.workspace.pk), wanted=wanted)
    name = f"usage-{access.workspace.slug}-{wanted.source}-{wanted.since}-{wanted.until - DAY}.csv"
    return csv_response(lines, name)


def _reachable(choice: UsageChoice, access: WorkspaceAccess) -> UsageChoice:
    """Narrowed to the person's own, unless their role sees all."""
    if access.can("usage.view_all"):
        return choice
    by = "model" if choice.by == "member" else choice.by
    return replace(choice, by=by, wanted=replace(choice.wanted, member_id=access.user.pk))


def _comparison(account_id: int, wanted: UsageFilter, total: int, today: date) -> dict[str, Any]:
    """The same days of the month before: of a month that runs, only those up to today."""
    until = max(wanted.since + DAY, min(wanted.until, today + DAY))
    since, before_until = same_days_before(wanted.since, until)
    before = usage_cost(account_id, replace(wanted, since=since, until=before_until))
    percent = round(100 * (total - before) / before) if before else None
    return {"before": before, "before_since": since, "before_last": before_until - DAY, "percent": percent}


def _links(choice: UsageChoice, query: dict[str, str], access: WorkspaceAccess, today: date) -> dict[str, Any]:
    """Everything that leads to another view of the page, and the query of this one."""
    wanted = choice.wanted
    hidden = set() if access.can("usage.view_all") else {"member"}
    hidden |= {"key"} if wanted.source == UsageRollup.Source.REPORTED else set()
    months = {"older": month_before(wanted.since)}
    if wanted.until <= today:
        months["newer"] = wanted.until if choice.is_month else today
    return {
        "query": urlencode(query),
        "hidden": {name: value for name, value in query.items() if name not in ("month", "since", "until")},
        "sources": [Link(label, query_with(query, source=name), wanted.source == name) for name, label in SOURCES],
        "groups": [
            Link(label, query_with(query, by=name), choice.by == name) for name, label in GROUPS if name not in hidden
        ],
        "months": {
            name: Link(f"{day:%B %Y}", query_with(query, month=f"{day:%Y-%m}", since="", until=""))
            for name, day in months.items()
        },
        "narrowed": narrowed_links(access, wanted, query),
        "by_label": dict(GROUPS)[choice.by],
    }
