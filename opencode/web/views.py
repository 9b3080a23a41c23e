"""Pages and addresses that belong to no single app."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.models import User
from opencode.lib.errors import NotFound, NotReady, every_denial
from opencode.lib.http import denial_response, request_id_of
from opencode.server.metrics import may_read_metrics, metrics_text
from opencode.server.readiness import degradations, readiness_problems
from opencode.web.apireference import api_reference
from opencode.web.jsonapi import api_description
from workspaces.access import CURRENT_WORKSPACE
from workspaces.selectors.invitations import invitations_for
from workspaces.selectors.workspaces import current_workspace


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The Overview of the workspace the person visited last; the sign-in page for visitors who are not signed in."""
    assert isinstance(request.user, User)
    workspace = current_workspace(request.user, request.session.get(CURRENT_WORKSPACE))
    if workspace is None:
        return redirect("workspaces:list" if invitations_for(request.user) else "workspaces:create")
    return redirect("overview", workspace.slug)


@require_safe
def error_codes(request: HttpRequest) -> HttpResponse:
    """Every code a refusal can have, each with its own anchor."""
    return render(request, "console/errors.html", {"denials": every_denial(), "address": "errors"})


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The JSON API's description for tools."""
    return JsonResponse(api_description())


@require_safe
def api_reference_page(request: HttpRequest) -> HttpResponse:
    """Every operation of the JSON API, made from its own description."""
    context = {"resources": api_reference(api_description()), "origin": settings.PUBLIC_URL, "address": "api"}
    return render(request, "console/api.html", context)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers while the process runs."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the process can serve, with late services in `degraded`; 503 `not_ready` with the problems otherwise."""
    missing = readiness_problems()
    if missing:
        return denial_response(NotReady(not_ready=missing, retry_after=5), request_id_of(request))
    late = degradations()
    return JsonResponse({"status": "degraded", "degraded": late} if late else {"status": "ready"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """This process's metrics, for Prometheus; 404 for any caller who may not read them."""
    if not may_read_metrics(request):
        raise NotFound
    response = HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)
    # A kept-alive connection would always reach the same one of several processes.
    response["Connection"] = "close"
    return response
