"""Making a workspace, finding one's way to it, renaming it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from opencode.lib.errors import Forbidden
from workspaces.access import CURRENT_WORKSPACE, page_access, person_actor
from workspaces.errors import WorkspaceLimitReached
from workspaces.forms import WorkspaceForm
from workspaces.selectors.workspaces import memberships_of
from workspaces.services.workspaces import workspace_create, workspace_rename


@require_safe
@login_required
def workspace_list(request: HttpRequest) -> HttpResponse:
    """Every workspace of the person: the switcher as a page."""
    assert isinstance(request.user, User)
    return render(request, "workspaces/list.html", {"memberships": memberships_of(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            workspace = workspace_create(
                owner=request.user, name=form.cleaned_data["name"], actor=person_actor(request)
            )
        except WorkspaceLimitReached as limit:
            form.add_error(None, limit.message)
        else:
            request.session[CURRENT_WORKSPACE] = workspace.slug
            return redirect("home")
    has_workspace = memberships_of(request.user).exists()
    context = {"form": form, "has_workspace": has_workspace}
    return render(request, "workspaces/create.html", context, status=422 if form.errors else 200)


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The workspace's bare address makes it the current one and leads to its first page."""
    page_access(request, slug)
    return redirect("home")


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug)
    if request.method == "POST" and not access.can("workspace.rename"):
        raise Forbidden
    form = WorkspaceForm(request.POST if request.method == "POST" else None, initial={"name": access.workspace.name})
    if request.method == "POST" and form.is_valid():
        workspace_rename(workspace=access.workspace, name=form.cleaned_data["name"], actor=access.actor)
        messages.success(request, f"The workspace is called {access.workspace.name} now.")
        return redirect("workspaces:settings", slug)
    context = {"access": access, "nav": "settings", "form": form, "may_rename": access.can("workspace.rename")}
    return render(request, "workspaces/settings.html", context, status=422 if form.errors else 200)
