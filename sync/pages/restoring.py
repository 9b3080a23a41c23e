"""Restoring a session from a snapshot; for owners and admins of its workspace."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from sync.archive import read_warm, session_restore
from sync.models import Snapshot
from sync.pages.history import history_context, living_entries, snapshot_of, storage_refusals
from sync.pages.reading import ReadableSession, member_reading
from sync.store import read_state
from sync.transcript import compare_states

PERMISSION: Final = "session.restore"


@require_http_methods(["GET", "HEAD", "POST"])
def snapshot_restore(request: HttpRequest, slug: str, client_id: str, snapshot_id: str) -> HttpResponse:
    """GET asks for confirmation, naming the session and the changes; POST restores."""
    reading = member_reading(request, slug, client_id, is_page=True, permission=PERMISSION)
    snapshot = snapshot_of(reading.session, snapshot_id)
    if request.method == "POST":
        return _restored(request, slug, reading, snapshot)
    state = read_warm(read_state, reading.session.pk)
    context = {
        **history_context(reading),
        "snapshot": snapshot,
        "comparison": compare_states(living_entries(snapshot), state.rows if state else [], shown_changes=0),
    }
    return render(request, "sync/snapshot_restore.html", context)


def _restored(request: HttpRequest, slug: str, reading: ReadableSession, snapshot: Snapshot) -> HttpResponse:
    with storage_refusals(snapshot):
        done = session_restore(snapshot=snapshot, actor=reading.actor)
    before = f"at {done.undo.seq}" if done.undo else "before"
    taken = f"{snapshot.created_at:%Y-%m-%d %H:%M:%S}"
    messages.success(
        request,
        f"{reading.session} is as it was at {taken} UTC. To undo this, restore the snapshot {before}, which was taken "
        "just before.",
    )
    return redirect("sync:snapshots", slug, reading.session.client_id)
