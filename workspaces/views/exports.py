"""Exporting a whole workspace's data."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.errors import ExportLimitReached, ExportRunning
from accounts.selectors.exports import exports_of
from accounts.services.exports import KEPT_DAYS
from workspaces.access import page_access
from workspaces.services.exports import workspace_export

SHOWN_EXPORTS: Final = 10


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """GET lists the owner's exports of it; POST asks for another and leads to its page."""
    access = page_access(request, slug, "workspace.export")
    if request.method == "POST":
        try:
            made = workspace_export(workspace=access.workspace, user=access.user, actor=access.actor)
        except (ExportRunning, ExportLimitReached) as refused:
            messages.error(request, refused.message)
            return redirect("workspaces:export", slug)
        return redirect("accounts:export", made.pk)
    context = {
        "access": access,
        "nav": "settings",
        "exports": exports_of(access.user, workspace_id=access.workspace.pk)[:SHOWN_EXPORTS],
        "kept_days": KEPT_DAYS,
    }
    return render(request, "workspaces/export.html", context)
