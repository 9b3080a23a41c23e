"""The Overview page, and the part of it that is asked for again while somebody looks."""

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from billing.selectors.usage import account_of
from opencode.lib.clock import utc_now
from opencode.web.overview.activity import activity_of
from opencode.web.overview.costs import budget_of, costs_of
from opencode.web.overview.days import session_days
from opencode.web.overview.reminders import reminders_of
from opencode.web.overview.setup import setup_steps
from sync.transcript import state_limits
from workspaces.access import WorkspaceAccess, page_access, workspace_access


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Owners and admins see what everybody costs, members their own."""
    access, moment = page_access(request, slug, "session.view"), utc_now()
    account = account_of(access.workspace.pk)
    sees_all = access.can("usage.view_all")
    budget, pace = budget_of(account, moment)
    context = {
        **_now(access, moment),
        "nav": "overview",
        "setup": setup_steps(access),
        "costs": costs_of(account, moment, None if sees_all else access.user.pk),
        "sees_all": sees_all,
        "budget": budget,
        "pace": pace,
        "days": session_days(access.workspace, moment),
        "reminders": reminders_of(access, moment),
    }
    return render(request, "overview/page.html", context)


@require_safe
def now(request: HttpRequest, slug: str) -> HttpResponse:
    """What waits, runs and failed, without its page. 304 while nothing of it has changed."""
    access = workspace_access(request.user, slug, "session.view")
    context = _now(access, utc_now())
    state = repr((slug, access.user.pk, context["activity"]))
    etag = quote_etag(hashlib.sha256(state.encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag) or render(request, "overview/now.html", context)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _now(access: WorkspaceAccess, moment: datetime) -> dict[str, Any]:
    return {"access": access, "activity": activity_of(access, moment), "state_limits": state_limits()}
