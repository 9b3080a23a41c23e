"""The person's data: requesting an export, watching its progress, downloading it."""

from collections.abc import AsyncIterator
from typing import Final

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import ExportLimitReached, ExportRunning
from accounts.models import DataExport, User
from accounts.ports import export_allowed
from accounts.selectors.exports import exports_of
from accounts.services.deletions import RESTORE_DAYS
from accounts.services.exports import KEPT_DAYS, export_request
from opencode.lib.errors import NotFound

SHOWN_EXPORTS: Final = 10
CHUNK_BYTES: Final = 256 * 1024


@require_safe
@login_required
def data(request: HttpRequest) -> HttpResponse:
    """The person's exports, and the way to delete the account."""
    assert isinstance(request.user, User)
    context = {
        "exports": exports_of(request.user)[:SHOWN_EXPORTS],
        "kept_days": KEPT_DAYS,
        "restore_days": RESTORE_DAYS,
    }
    return render(request, "accounts/data.html", context)


@require_POST
@login_required
def export_ask(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    try:
        export = export_request(user=request.user)
    except (ExportRunning, ExportLimitReached) as refused:
        messages.error(request, refused.message)
        return redirect("accounts:data")
    return redirect("accounts:export", export.pk)


@never_cache
@require_safe
@login_required
def export_page(request: HttpRequest, export_id: str) -> HttpResponse:
    """The export's progress; while it is being made, htmx fetches only the part that changes."""
    export = _export(request, export_id)
    is_part = request.headers.get("HX-Request") == "true"
    template = "accounts/export_state.html" if is_part else "accounts/export.html"
    return render(request, template, {"export": export, "kept_days": KEPT_DAYS, "section": "accounts:data"})


@never_cache
@require_safe
@login_required
def export_download(request: HttpRequest, export_id: str) -> HttpResponseBase:
    """The archive, for the person who asked for it and, of a workspace, may still have its data."""
    export = _export(request, export_id)
    if export.state != DataExport.State.READY or not default_storage.exists(export.object_name):
        raise NotFound("This export is no longer available; request another one.")
    name = content_disposition_header(True, f"opencode-{export.requested_at:%Y-%m-%d}.zip")
    return StreamingHttpResponse(
        _chunks(default_storage.open(export.object_name)),
        content_type="application/zip",
        headers={"Content-Disposition": name or "attachment", "Content-Length": str(export.bytes)},
    )


def _export(request: HttpRequest, export_id: str) -> DataExport:
    assert isinstance(request.user, User)
    export = DataExport.objects.filter(user=request.user, pk=export_id).first()
    if export is None or (export.workspace_id and not export_allowed(request.user.pk, export.workspace_id)):
        raise NotFound
    return export


async def _chunks(file: File[bytes]) -> AsyncIterator[bytes]:
    """Read in a thread: the storage may be slow, and the event loop must not wait for it."""
    read = sync_to_async(file.read, thread_sensitive=False)
    try:
        while chunk := await read(CHUNK_BYTES):
            yield chunk
    finally:
        await sync_to_async(file.close, thread_sensitive=False)()
