"""Webhooks: endpoints, what was sent to them, secrets. For owners and admins."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from opencode.lib.paging import NEWEST_FIRST
from workspaces.access import WorkspaceAccess, page_access
from workspaces.errors import WebhookLimitReached, WebhookOff, WebhookURLRefused
from workspaces.forms.webhooks import WebhookChangeForm, WebhookForm
from workspaces.models import WebhookDelivery, WebhookEndpoint
from workspaces.services.webhook_endpoints import (
    webhook_change,
    webhook_create,
    webhook_delete,
    webhook_rotate,
    webhook_test,
)
from workspaces.services.webhook_redelivery import delivery_repeat

PERMISSION: Final = "webhook.manage"
FORM_METHODS: Final = ["GET", "HEAD", "POST"]


@require_safe
def webhook_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    endpoints = WebhookEndpoint.objects.filter(workspace=access.workspace)
    return render(request, "workspaces/webhooks.html", {**_context(access), "endpoints": endpoints})


@never_cache
@sensitive_variables("secret")
@require_http_methods(FORM_METHODS)
def webhook_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer to the POST is the one page that ever shows the secret."""
    access = page_access(request, slug, PERMISSION)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = webhook_create(workspace=access.workspace, **form.cleaned_data, actor=access.actor)
        except WebhookURLRefused as refused:
            form.add_error("url", refused.message)
        except WebhookLimitReached as limit:
            form.add_error(None, limit.message)
        else:
            return _secret_page(request, access, endpoint, secret)
    context = {**_context(access), "form": form}
    return render(request, "workspaces/webhook_new.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def webhook(request: HttpRequest, slug: str, webhook_id: str) -> HttpResponse:
    """POST changes it; the page has its newest deliveries below."""
    access = page_access(request, slug, PERMISSION)
    endpoint = _endpoint(access, webhook_id)
    is_post = request.method == "POST"
    form = WebhookChangeForm(request.POST if is_post else None, initial=_initial(endpoint))
    if is_post and form.is_valid():
        try:
            webhook_change(endpoint=endpoint, **form.cleaned_data, actor=access.actor)
        except WebhookURLRefused as refused:
            form.add_error("url", refused.message)
        else:
            messages.success(request, "The webhook is saved.")
            return redirect("workspaces:webhook", slug, endpoint.pk)
    place = NEWEST_FIRST.read_or_first(request.GET.get("before"))
    context = {
        **_context(access),
        "endpoint": endpoint,
        "form": form,
        "page": NEWEST_FIRST.page(endpoint.deliveries.all(), place),
        "is_first": place is None,
        "now": utc_now(),
    }
    return render(request, "workspaces/webhook.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_variables("secret")
@require_http_methods(FORM_METHODS)
def rotate(request: HttpRequest, slug: str, webhook_id: str) -> HttpResponse:
    """GET asks; the answer to the POST is the one page that ever shows the new secret."""
    access = page_access(request, slug, PERMISSION)
    endpoint = _endpoint(access, webhook_id)
    if request.method == "POST":
        secret = webhook_rotate(endpoint=endpoint, actor=access.actor)
        return _secret_page(request, access, endpoint, secret, is_rotated=True)
    return render(request, "workspaces/webhook_rotate.html", {**_context(access), "endpoint": endpoint})


@require_http_methods(FORM_METHODS)
def delete(request: HttpRequest, slug: str, webhook_id: str) -> HttpResponse:
    """GET asks, naming the address; POST deletes."""
    access = page_access(request, slug, PERMISSION)
    endpoint = _endpoint(access, webhook_id)
    if request.method == "POST":
        webhook_delete(endpoint=endpoint, actor=access.actor)
        messages.success(request, f"The webhook to {endpoint.url} is deleted.")
        return redirect("workspaces:webhooks", slug)
    return render(request, "workspaces/webhook_delete.html", {**_context(access), "endpoint": endpoint})


@require_POST
def test(request: HttpRequest, slug: str, webhook_id: str) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    endpoint = _endpoint(access, webhook_id)
    if endpoint.off_at is not None:
        messages.error(request, WebhookOff.default_message)
    else:
        webhook_test(endpoint=endpoint, actor=access.actor)
        messages.success(request, "A test event is on its way; reload in a few seconds to see how it went.")
    return redirect("workspaces:webhook", slug, endpoint.pk)


@require_POST
def repeat(request: HttpRequest, slug: str, webhook_id: str, delivery_id: int) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    endpoint = _endpoint(access, webhook_id)
    delivery = WebhookDelivery.objects.filter(endpoint=endpoint, pk=delivery_id).first()
    if delivery is None:
        raise NotFound
    try:
        delivery_repeat(delivery=delivery, actor=access.actor)
        messages.success(request, f"{delivery.kind} is sent again; reload in a few seconds to see how it went.")
    except WebhookOff as refused:
        messages.error(request, refused.message)
    return redirect("workspaces:webhook", slug, endpoint.pk)


def _context(access: WorkspaceAccess) -> dict[str, Any]:
    return {"access": access, "nav": "settings"}


def _endpoint(access: WorkspaceAccess, webhook_id: str) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.filter(workspace=access.workspace, pk=webhook_id).first()
    if endpoint is None:
        raise NotFound
    return endpoint


def _initial(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "events": endpoint.events, "is_on": endpoint.off_at is None}


def _secret_page(
    request: HttpRequest, access: WorkspaceAccess, endpoint: WebhookEndpoint, secret: str, *, is_rotated: bool = False
) -> HttpResponse:
    context = {**_context(access), "endpoint": endpoint, "secret": secret, "is_rotated": is_rotated}
    return render(request, "workspaces/webhook_secret.html", context)
