"""Pages and addresses that belong to no single app."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import User
from opencode.lib.errors import every_denial
from workspaces.access import CURRENT_WORKSPACE
from workspaces.selectors.workspaces import current_workspace


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The sessions of the workspace the person looked at last; the sign-in page for strangers."""
    assert isinstance(request.user, User)
    workspace = current_workspace(request.user, request.session.get(CURRENT_WORKSPACE))
    if workspace is None:
        return redirect("workspaces:create")
    return redirect("sync:sessions", workspace.slug)


@require_safe
def error_codes(request: HttpRequest) -> HttpResponse:
    """Every code a refusal can carry, each under its own anchor."""
    return render(request, "console/errors.html", {"denials": every_denial()})


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: its database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ready"})
