"""Deleting a session, and the receipts of deletions; for owners and admins of its workspace."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from opencode.lib.paging import NEWEST_FIRST
from sync.archive import session_erase, workspace_receipts
from sync.pages.forms import SessionDeleteForm
from sync.pages.reading import ReadableSession, member_reading
from sync.sharing import session_shares
from workspaces.access import page_access

PERMISSION: Final = "session.delete"


@require_http_methods(["GET", "HEAD", "POST"])
def session_delete(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    """GET asks for confirmation, naming the session and what goes with it; POST deletes when the name was typed."""
    reading = member_reading(request, slug, client_id, is_page=True, permission=PERMISSION)
    form = SessionDeleteForm(request.POST if request.method == "POST" else None, session=reading.session)
    if request.method == "POST" and form.is_valid():
        return _deleted(request, reading, slug)
    row = reading.session
    context = {
        "access": reading.access,
        "nav": "sessions",
        "session": row,
        "session_name": str(row),
        "shares": session_shares(row).count(),
        "snapshots": row.snapshots.count(),
        "form": form,
    }
    return render(request, "sync/session_delete.html", context, status=422 if form.errors else 200)


@require_safe
def deletion_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The receipts of the workspace's erased sessions, the newest first."""
    access = page_access(request, slug, PERMISSION)
    place = NEWEST_FIRST.read_or_first(request.GET.get("before"))
    page = NEWEST_FIRST.page(workspace_receipts(access.workspace), place)
    context = {"access": access, "nav": "sessions", "page": page, "is_first": place is None}
    return render(request, "sync/deletions.html", context)


def _deleted(request: HttpRequest, reading: ReadableSession, slug: str) -> HttpResponse:
    receipt = session_erase(session_id=reading.session.pk, actor=reading.actor)
    if receipt is not None:
        messages.success(request, f"The session {receipt.client_id} is deleted; its receipt is {receipt.pk}.")
    return redirect("sync:deletions", slug)
