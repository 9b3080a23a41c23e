"""Making a workspace, finding one's way to it, renaming, moving, deleting and restoring it."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from opencode.lib.errors import Forbidden
from opencode.lib.http import person_of
from workspaces.access import CURRENT_WORKSPACE, page_access, restore_access
from workspaces.errors import SlugInvalid, SlugTaken, WorkspaceLimitReached
from workspaces.forms.workspaces import NameTypedForm, SlugForm, WorkspaceForm
from workspaces.ports import balance_left
from workspaces.selectors.invitations import invitations_for
from workspaces.selectors.members import members
from workspaces.selectors.workspaces import memberships_of, restorable_memberships_of
from workspaces.services.deletions import RESTORABLE, RESTORE_DAYS, workspace_delete, workspace_restore
from workspaces.services.slugs import FORMER_SLUGS, workspace_slug_set
from workspaces.services.workspaces import workspace_create, workspace_rename

FORM_METHODS: Final = ["GET", "HEAD", "POST"]


@require_safe
@login_required
def workspace_list(request: HttpRequest) -> HttpResponse:
    """Every workspace of the person: the switcher as a page."""
    assert isinstance(request.user, User)
    context = {
        "memberships": memberships_of(request.user),
        "invitations": invitations_for(request.user),
        "deleted": restorable_memberships_of(request.user),
        "restore_days": RESTORE_DAYS,
    }
    return render(request, "workspaces/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            workspace = workspace_create(owner=request.user, name=form.cleaned_data["name"], actor=person_of(request))
        except WorkspaceLimitReached as limit:
            form.add_error(None, limit.message)
        else:
            request.session[CURRENT_WORKSPACE] = workspace.slug
            return redirect("home")
    has_workspace = memberships_of(request.user).exists()
    context = {"form": form, "has_workspace": has_workspace}
    return render(request, "workspaces/create.html", context, status=422 if form.errors else 200)


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
    context = {
        "access": access,
        "nav": "settings",
        "form": form,
        "may_rename": access.can("workspace.rename"),
        "is_owner": access.can("workspace.delete"),
    }
    return render(request, "workspaces/settings.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def address(request: HttpRequest, slug: str) -> HttpResponse:
    """Another slug; the page says what it changes."""
    access = page_access(request, slug, "workspace.rename")
    form = SlugForm(request.POST if request.method == "POST" else None, initial={"slug": access.workspace.slug})
    if request.method == "POST" and form.is_valid():
        try:
            workspace_slug_set(workspace=access.workspace, slug=form.cleaned_data["slug"], actor=access.actor)
        except (SlugInvalid, SlugTaken) as refused:
            form.add_error("slug", refused.message)
        else:
            messages.success(request, f"The address is /workspaces/{access.workspace.slug}/ now; old links redirect.")
            request.session[CURRENT_WORKSPACE] = access.workspace.slug
            return redirect("workspaces:settings", access.workspace.slug)
    context = {"access": access, "nav": "settings", "form": form, "former_slugs": FORMER_SLUGS}
    return render(request, "workspaces/address.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """GET asks, saying what closes; POST deletes when the name was typed."""
    access = page_access(request, slug, "workspace.delete")
    form = NameTypedForm(request.POST if request.method == "POST" else None, workspace=access.workspace)
    if request.method == "POST" and form.is_valid():
        workspace_delete(workspace=access.workspace, actor=access.actor)
        return redirect("workspaces:restore", slug)
    context = {
        "access": access,
        "nav": "settings",
        "form": form,
        "members": members(access.workspace).count(),
        "balance_left": balance_left(access.workspace.pk),
        "restore_days": RESTORE_DAYS,
    }
    return render(request, "workspaces/delete.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    """The one page of a deleted workspace, for its owners."""
    access = restore_access(request, slug)
    deleted_at = access.workspace.deleted_at
    assert deleted_at is not None
    if request.method == "POST":
        workspace_restore(workspace=access.workspace, actor=access.actor)
        messages.success(request, f"{access.workspace.name} is back, with its members, keys and sessions.")
        return redirect("overview", slug)
    context = {
        "workspace": access.workspace,
        "until": deleted_at + RESTORABLE,
        "is_too_late": access.workspace.purging_at is not None,
    }
    return render(request, "workspaces/restore.html", context)
