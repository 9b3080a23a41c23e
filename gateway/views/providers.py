"""Providers' keys of a workspace: which there are, adding one, changing and rotating it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from gateway.forms import refusal_show
from gateway.forms.providers import ProviderForm, ProviderNewForm, ProviderRotateForm
from gateway.models import ProviderCredential
from gateway.providers import KINDS
from gateway.selectors.calls import DAYS, calls_sum
from gateway.selectors.listing import credential_of, credentials_of, hosts_kinds, models_of_key
from gateway.services.credentials import NewCredential, credential_change, credential_create, credential_rotate
from gateway.services.standing import PERMISSION
from gateway.services.trials import Trial
from gateway.views.models import FORM_METHODS
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial, NotFound
from workspaces.access import WorkspaceAccess, page_access


@require_safe
def provider_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    context = {
        **provider_context(access),
        "credentials": [(each, KINDS[each.kind]) for each in credentials_of(access.workspace)],
        "hosts": [KINDS[name].words for name in sorted(hosts_kinds())],
        "now": utc_now(),
    }
    return render(request, "gateway/providers.html", context)


@never_cache
@sensitive_post_parameters("secret", "headers")
@sensitive_variables("form", "new")
@require_http_methods(FORM_METHODS)
def provider_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The key is tried before it is saved; a refusal keeps everything that was typed but the key."""
    access = page_access(request, slug, PERMISSION)
    form = ProviderNewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        new = NewCredential(workspace_id=access.workspace.pk, **form.cleaned_data)
        try:
            row, trial = credential_create(new=new, actor=access.actor)
        except Denial as refusal:
            refusal_show(form, refusal)
        else:
            tell(request, row, trial, f"{row.name} is saved: the provider accepts the key.")
            return redirect("gateway:provider", slug, row.pk)
    context = {**provider_context(access), "form": form}
    return render(request, "gateway/provider_new.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def provider(request: HttpRequest, slug: str, credential_id: str) -> HttpResponse:
    """POST changes everything but the key and where it leads."""
    access = page_access(request, slug, PERMISSION)
    row = provider_row(access, credential_id)
    initial = {
        "name": row.name,
        "headers": row.headers,
        "concurrency": row.concurrency,
        "is_on": row.off_at is None,
    }
    form = ProviderForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            credential_change(credential=row, **form.cleaned_data, actor=access.actor)
        except Denial as refusal:
            refusal_show(form, refusal)
        else:
            messages.success(request, "The provider key is saved.")
            return redirect("gateway:provider", slug, row.pk)
    now = utc_now()
    context = {
        **provider_context(access),
        "row": row,
        "kind": KINDS[row.kind],
        "form": form,
        "now": now,
        "used": calls_sum(access.workspace.pk, now.date(), credential_id=row.pk),
        "days": DAYS,
        "models": models_of_key(access.workspace, row) if row.off_at is None else [],
    }
    return render(request, "gateway/provider.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("secret")
@sensitive_variables("form")
@require_http_methods(FORM_METHODS)
def rotate(request: HttpRequest, slug: str, credential_id: str) -> HttpResponse:
    """Another key in its place, tried first; until it works the old one stays."""
    access = page_access(request, slug, PERMISSION)
    row = provider_row(access, credential_id)
    form = ProviderRotateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            trial = credential_rotate(credential=row, **form.cleaned_data, actor=access.actor)
        except Denial as refusal:
            refusal_show(form, refusal)
        else:
            tell(request, row, trial, f"{row.name} has its new key; revoke the old one at the provider.")
            return redirect("gateway:provider", slug, row.pk)
    context = {**provider_context(access), "row": row, "kind": KINDS[row.kind], "form": form}
    return render(request, "gateway/provider_rotate.html", context, status=422 if form.errors else 200)


def provider_context(access: WorkspaceAccess) -> dict[str, Any]:
    return {"access": access, "nav": "models", "tab": "providers"}


def provider_row(access: WorkspaceAccess, credential_id: str) -> ProviderCredential:
    """Raises NotFound for another workspace's, and for the host's."""
    row = credential_of(access.workspace, credential_id)
    if row is None:
        raise NotFound
    return row


def tell(request: HttpRequest, row: ProviderCredential, trial: Trial, success: str) -> None:
    """Say how a trial went."""
    if trial.said:
        messages.warning(request, f"{row.name} is saved. {trial.said}")
    else:
        messages.success(request, success)
