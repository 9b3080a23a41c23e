"""Usage by request: a day's rows, and one request found by its id. Members see their own."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from billing.forms import RequestsForm
from billing.models import REQUEST_ID_CHARACTERS, Reservation, Usage
from billing.ports import call_facts
from billing.selectors.requests import BY_DAY, day_rows, days_beside, request_rows, rows_of_request
from billing.selectors.usage import account_of
from billing.views.links import narrowed_links
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from workspaces.access import WorkspaceAccess, page_access

PERMISSION: Final = "usage.view"


@require_safe
def request_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Without a day, today's."""
    access = page_access(request, slug, PERMISSION)
    form = RequestsForm(request.GET)
    wanted = form.wanted(utc_now().date())
    if (member_id := _only_of(access)) is not None:
        wanted = replace(wanted, member_id=member_id)
    account = account_of(access.workspace.pk)
    place = BY_DAY.read_or_first(request.GET.get("before"))
    is_quarantined = form.cleaned_data.get("only") == "quarantined"
    page = BY_DAY.page(day_rows(account.pk, wanted, is_quarantined=is_quarantined), place)
    given = {name: str(value) for name, value in request.GET.items() if name in form.fields and value}
    query = {**given, "day": f"{wanted.since}"} if not form.errors else {}
    older, newer = days_beside(account.pk, wanted)
    context = {
        **_context(access),
        "form": form,
        "day": wanted.since,
        "rows": request_rows(account, page.rows),
        "older_day": (older, urlencode({**query, "day": older})) if older else None,
        "newer_day": (newer, urlencode({**query, "day": newer})) if newer else None,
        "narrowed": narrowed_links(access, wanted, query),
        "is_quarantined": is_quarantined,
        "all_query": urlencode({name: value for name, value in query.items() if name != "only"}),
        "query": urlencode(query),
        "further": urlencode({**query, "before": page.next}) if page.next else "",
        "is_first": place is None,
    }
    return render(request, "billing/requests.html", context, status=422 if form.errors else 200)


@require_safe
def request_one(request: HttpRequest, slug: str) -> HttpResponse:
    """The request named by `id`: its rows, how its call went, or without any its reservation."""
    access = page_access(request, slug, PERMISSION)
    account = account_of(access.workspace.pk)
    request_id = request.GET.get("id", "").strip()
    member_id = _only_of(access)
    is_one = 0 < len(request_id) <= REQUEST_ID_CHARACTERS
    rows = list(rows_of_request(account.pk, request_id, member_id)) if is_one else []
    held, call = None, call_facts(access.workspace.pk, [request_id]).get(request_id) if is_one else None
    if call is not None and member_id not in {None, call.member_id}:
        call = None
    if is_one and not rows:
        found = Reservation.objects.filter(account_id=account.pk, request_id=request_id)
        held = (found if member_id is None else found.filter(member_id=member_id)).first()
    shown = {"rows": request_rows(account, rows), "held": held, "call": call}
    context = {**_context(access), "request_id": request_id, **shown}
    return render(request, "billing/request.html", context, status=200 if rows or held or call else 404)


@require_safe
def usage_row(request: HttpRequest, slug: str, row_id: int) -> HttpResponse:
    """Leads to the request that the row is of."""
    access = page_access(request, slug, PERMISSION)
    rows = Usage.objects.filter(account__workspace_id=access.workspace.pk, pk=row_id)
    member_id = _only_of(access)
    row = (rows if member_id is None else rows.filter(member_id=member_id)).first()
    if row is None:
        raise NotFound
    return redirect(f"{reverse('billing:request', args=[slug])}?{urlencode({'id': row.request_id})}#row-{row.pk}")


def _context(access: WorkspaceAccess) -> dict[str, Any]:
    return {"access": access, "nav": "usage"}


def _only_of(access: WorkspaceAccess) -> str | None:
    """The person whose usage alone may be seen; None where all may be."""
    return None if access.can("usage.view_all") else access.user.pk
