"""Acts on one provider key: try it, put it first, delete it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from gateway.services.credentials import credential_delete, credential_test, credentials_order
from gateway.services.standing import PERMISSION
from gateway.views.models import FORM_METHODS
from gateway.views.providers import provider_context, provider_row
from opencode.lib.errors import Denial
from workspaces.access import page_access


@require_POST
def test(request: HttpRequest, slug: str, credential_id: str) -> HttpResponse:
    """Try the stored key again."""
    access = page_access(request, slug, PERMISSION)
    row = provider_row(access, credential_id)
    try:
        trial = credential_test(credential=row, actor=access.actor)
    except Denial as refusal:
        messages.error(request, refusal.message)
    else:
        if trial.said:
            messages.warning(request, trial.said)
        else:
            messages.success(request, f"The provider accepts {row.name}.")
    return redirect("gateway:provider", slug, row.pk)


@require_POST
def first(request: HttpRequest, slug: str, credential_id: str) -> HttpResponse:
    """Have it tried before the others."""
    access = page_access(request, slug, PERMISSION)
    row = provider_row(access, credential_id)
    credentials_order(workspace_id=access.workspace.pk, ids=[row.pk], actor=access.actor)
    messages.success(request, f"{row.name} is tried first now.")
    return redirect("gateway:providers", slug)


@require_http_methods(FORM_METHODS)
def delete(request: HttpRequest, slug: str, credential_id: str) -> HttpResponse:
    """GET asks, naming the key; POST deletes it."""
    access = page_access(request, slug, PERMISSION)
    row = provider_row(access, credential_id)
    if request.method == "POST":
        credential_delete(credential=row, actor=access.actor)
        messages.success(request, f"{row.name} is deleted.")
        return redirect("gateway:providers", slug)
    return render(request, "gateway/provider_delete.html", {**provider_context(access), "row": row})
