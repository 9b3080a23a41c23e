"""The audit log: who did what to whom, from where; for owners and admins."""

import json
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from opencode.lib.clock import utc_now
from opencode.lib.csvcells import csv_response
from workspaces.access import page_access
from workspaces.auditactions import ACTIONS
from workspaces.forms.audit import AuditFilterForm
from workspaces.models import AuditEntry
from workspaces.selectors.audit import AUDIT, audit_entries, audit_names
from workspaces.services.auditexport import audit_export

PERMISSION: Final = "audit.view"


@require_safe
def audit_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    form = AuditFilterForm(request.GET)
    place = AUDIT.read_or_first(request.GET.get("before"))
    page = AUDIT.page(audit_entries(access.workspace, form.wanted()), place)
    names = audit_names(access.workspace, page.rows)
    query = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "access": access,
        "nav": "audit",
        "form": form,
        "rows": [_row(entry, names) for entry in page.rows],
        "query": urlencode(query),
        "older": urlencode({**query, "before": page.next}) if page.next else "",
        "is_first": place is None,
    }
    return render(request, "workspaces/audit.html", context, status=422 if form.errors else 200)


@require_POST
def audit_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Everything the page's filter matches; a POST, because the export is recorded in the log."""
    access = page_access(request, slug, PERMISSION)
    lines = audit_export(workspace=access.workspace, wanted=AuditFilterForm(request.GET).wanted(), actor=access.actor)
    name = f"audit-{access.workspace.slug}-{utc_now():%Y%m%d-%H%M%S}.csv"
    return csv_response(lines, name)


def _row(entry: AuditEntry, names: dict[str, str]) -> dict[str, Any]:
    return {
        "entry": entry,
        "act": ACTIONS.get(entry.action, entry.action),
        "actor": names.get(entry.actor_id, ""),
        "target": names.get(entry.target_id, ""),
        "details": _words(json.loads(entry.details)),
    }


def _words(details: dict[str, Any]) -> str:
    """`scopes sync:read sync:write, expires at 2026-…`."""
    shown = {name.replace("_", " "): value for name, value in details.items() if value not in (None, "", {}, [])}
    return ", ".join(
        f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in shown.items()
    )
