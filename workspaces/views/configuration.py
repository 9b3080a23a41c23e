"""The managed configuration: read by members, edited by admins, with its history."""

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from opencode.lib.errors import NotFound
from workspaces.access import WorkspaceAccess, page_access
from workspaces.configuration import Checked, check, compared
from workspaces.errors import ConfigChanged, ConfigRefused
from workspaces.forms.configuration import ConfigForm
from workspaces.models import ConfigVersion
from workspaces.selectors.configurations import (
    PAGE_ROWS,
    VERSIONS,
    config_in_force,
    config_served,
    config_version,
    config_versions,
)
from workspaces.services.configurations import config_restore, config_save

STARTER: Final = '{\n  "$schema": "https://opencode.ai/config.json"\n}\n'
NOTHING: Final = Checked([], [], [])
GONE: Final = "Agents get no configuration from this workspace any more."


@require_http_methods(["GET", "HEAD", "POST"])
def configuration(request: HttpRequest, slug: str) -> HttpResponse:
    """The configuration in force. POST checks the text, and saves it when `action` is `save`."""
    access = page_access(request, slug, "config.edit" if request.method == "POST" else "config.view")
    if request.method == "POST":
        return _edited(request, access)
    present = config_in_force(access.workspace.pk)
    text = present.text if present else ""
    form = ConfigForm(initial={"text": text or STARTER, "based_on": present.number if present else 0})
    return _editor(request, access, present, form, _checked(text))


@require_safe
def history(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "config.view")
    place = VERSIONS.read_or_first(request.GET.get("before"))
    page = VERSIONS.page(config_versions(access.workspace), place, PAGE_ROWS)
    context = {"access": access, "nav": "configuration", "page": page, "is_first": place is None}
    return render(request, "workspaces/config_history.html", context)


@require_safe
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version, compared with the one before it or with `?with=`."""
    access = page_access(request, slug, "config.view")
    shown = _version(access, number)
    other = request.GET.get("with", "")
    against = int(other) if other.isdecimal() and len(other) < 10 else number - 1
    older = config_version(access.workspace, against)
    present = config_in_force(access.workspace.pk)
    context = {
        "access": access,
        "nav": "configuration",
        "version": shown,
        "against": against if older else None,
        "present": present,
        "lines": compared(older.text if older else "", shown.text),
        "may_edit": access.can("config.edit"),
    }
    return render(request, "workspaces/config_version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """GET shows what would change; POST saves the old text as a new version."""
    access = page_access(request, slug, "config.edit")
    old = _version(access, number)
    present = config_in_force(access.workspace.pk)
    assert present is not None, "there is at least the version that was found"
    refused = ""
    if request.method == "POST":
        based_on = request.POST.get("based_on", "")
        try:
            restored = config_restore(
                workspace=access.workspace,
                user=access.user,
                version=old,
                based_on=int(based_on) if based_on.isdecimal() and len(based_on) < 10 else present.number,
                actor=access.actor,
            )
        except (ConfigChanged, ConfigRefused) as denial:
            refused = denial.message
        else:
            messages.success(request, f"Version {number} is current again, as version {restored.number}.")
            return redirect("workspaces:configuration", slug)
    context = {
        "access": access,
        "nav": "configuration",
        "version": old,
        "present": present,
        "lines": compared(present.text, old.text),
        "refused": refused,
    }
    return render(request, "workspaces/config_restore.html", context, status=409 if refused else 200)


def _edited(request: HttpRequest, access: WorkspaceAccess) -> HttpResponse:
    form = ConfigForm(request.POST)
    present = config_in_force(access.workspace.pk)
    if not form.is_valid():
        return _editor(request, access, present, form, NOTHING, status=422)
    text = form.cleaned_data["text"]
    checked = _checked(text)
    if form.cleaned_data["action"] != "save" or checked.problems:
        return _editor(request, access, present, form, checked, status=422 if checked.problems else 200)
    try:
        saved = config_save(
            workspace=access.workspace,
            user=access.user,
            text=text,
            note=form.cleaned_data["note"],
            based_on=form.cleaned_data["based_on"],
            actor=access.actor,
        )
    except ConfigChanged:
        return _conflict(request, access, form)
    said = f"Version {saved.number} is saved; agents load it at their next start." if saved.text else GONE
    messages.success(request, said)
    return redirect("workspaces:configuration", access.workspace.slug)


def _conflict(request: HttpRequest, access: WorkspaceAccess, form: ConfigForm) -> HttpResponse:
    """Show both: what is in force now, and what was typed, which the next save puts in its place."""
    present = config_in_force(access.workspace.pk)
    typed = form.cleaned_data["text"]
    again = ConfigForm(
        initial={"text": typed, "note": form.cleaned_data["note"], "based_on": present.number if present else 0}
    )
    lines = compared(present.text if present else "", typed)
    return _editor(request, access, present, again, _checked(typed), status=409, conflict=True, lines=lines)


def _editor(
    request: HttpRequest,
    access: WorkspaceAccess,
    present: ConfigVersion | None,
    form: ConfigForm,
    checked: Checked,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "access": access,
        "nav": "configuration",
        "present": present,
        "form": form,
        "checked": checked,
        "is_checked": request.method == "POST",
        "may_edit": access.can("config.edit"),
        "limit": settings.CONFIG_BYTES,
        "served": config_served(access.workspace.pk, access.user.pk, access.role),
        **more,
    }
    return render(request, "workspaces/configuration.html", context, status=status)


def _checked(text: str) -> Checked:
    return check(text, settings.CONFIG_BYTES) if text.strip() else NOTHING


def _version(access: WorkspaceAccess, number: int) -> ConfigVersion:
    found = config_version(access.workspace, number)
    if found is None:
        raise NotFound
    return found
