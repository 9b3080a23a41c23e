"""Model calls on pages: those of a session, and small ones that an admin makes to see whether a model answers."""

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gateway.relay import Caller, call_try
from gateway.selectors.calls import NEWEST, calls_of_session, key_names
from gateway.selectors.listing import model_of
from gateway.services.callnotes import CALL_NOTES, KEPT_DAYS
from gateway.services.standing import PERMISSION
from gateway.views.providers import provider_row
from opencode.lib.errors import Denial, NotFound, TooManyRequests
from opencode.lib.ratelimits import rate_count
from workspaces.access import WorkspaceAccess, page_access

TESTS_A_MINUTE: Final = 10
"""Test calls that a person may make."""


@require_safe
def session_calls(request: HttpRequest, slug: str, session_id: str) -> HttpResponse:
    """Members see their own, those who see all usage all."""
    access = page_access(request, slug, "usage.view")
    member_id = None if access.can("usage.view_all") else access.user.pk
    place = NEWEST.read_or_first(request.GET.get("before"))
    page = NEWEST.page(calls_of_session(access.workspace, session_id, member_id), place)
    names = key_names(access.workspace.pk, page.rows)
    context = {
        "access": access,
        "nav": "sessions",
        "session_id": session_id,
        "calls": [(row, names.get(row.credential_id, "")) for row in page.rows],
        "further": page.next,
        "is_first": place is None,
        "only_own": member_id is not None,
        "days": KEPT_DAYS,
    }
    return render(request, "gateway/session_calls.html", context)


@require_POST
def model_call(request: HttpRequest, slug: str, model_id: str) -> HttpResponse:
    """A test call to the model, on whichever key comes first."""
    access = page_access(request, slug, PERMISSION)
    row = model_of(access.workspace, model_id)
    if row is None:
        raise NotFound
    return _tested(request, access, row.slug, "", reverse("gateway:model", args=[slug, row.pk]))


@require_POST
def provider_call(request: HttpRequest, slug: str, credential_id: str) -> HttpResponse:
    """A test call with this key, to the model in the field `model`."""
    access = page_access(request, slug, PERMISSION)
    row = provider_row(access, credential_id)
    model = request.POST.get("model", "")
    return _tested(request, access, model, row.pk, reverse("gateway:provider", args=[slug, row.pk]))


def _tested(request: HttpRequest, access: WorkspaceAccess, model: str, credential_id: str, back: str) -> HttpResponse:
    """To the page of the request, which says everything of it, or `back` when nothing was sent."""
    caller = Caller(
        workspace_id=access.workspace.pk,
        member_id=access.user.pk,
        key_id="",
        role=access.role,
        membership_id=access.membership.pk,
    )
    try:
        _require_pace(access)
        trial = call_try(caller=caller, slug=model, credential_id=credential_id)
    except Denial as refusal:
        messages.error(request, refusal.message)
        return redirect(back)
    if trial.said:
        messages.error(request, f"The test call failed: {trial.said}")
    else:
        messages.success(request, "The test call worked.")
    if trial.note is None:
        return redirect(back)
    CALL_NOTES.flush()
    query = urlencode({"id": trial.note.request_id})
    return redirect(f"{reverse('billing:request', args=[access.workspace.slug])}?{query}")


def _require_pace(access: WorkspaceAccess) -> None:
    pace = rate_count("test-calls", access.user.pk, limit=TESTS_A_MINUTE, seconds=60)
    if pace.is_exceeded:
        raise TooManyRequests("Too many test calls; wait a moment.", retry_after=pace.reset_seconds)
