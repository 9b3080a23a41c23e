"""The managed configuration's usual settings as a form; what it saves is checked and kept like the JSON's versions."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from workspaces.access import WorkspaceAccess, page_access
from workspaces.configuration import check, usual_of, with_usual
from workspaces.errors import ConfigChanged
from workspaces.forms.configuration import UsualConfigForm
from workspaces.models import ConfigVersion
from workspaces.ports import agent_models
from workspaces.selectors.configurations import config_in_force
from workspaces.services.configurations import config_save


@require_http_methods(["GET", "HEAD", "POST"])
def usual_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """For owners and admins: POST saves a new version with these settings changed and all others as they were."""
    access = page_access(request, slug, "config.edit")
    present = config_in_force(access.workspace.pk)
    config = json.loads(present.text) if present and present.text else {}
    form = UsualConfigForm(
        request.POST if request.method == "POST" else None, usual=usual_of(config), based_on=_number(present)
    )
    if request.method == "POST" and form.is_valid():
        saved = _saved(access, form, config)
        if saved is not None:
            messages.success(request, f"Version {saved.number} is saved; agents load it at their next start.")
            return redirect("workspaces:configuration", slug)
    context = {"access": access, "nav": "configuration", "form": form, "present": present, "models": _models(access)}
    return render(request, "workspaces/config_usual.html", context, status=422 if form.errors else 200)


def _saved(access: WorkspaceAccess, form: UsualConfigForm, config: dict[str, Any]) -> ConfigVersion | None:
    """The new version; None when it is refused, which the form then says."""
    changed = with_usual(config, form.settings())
    text = json.dumps(changed, indent=2, ensure_ascii=False) if changed else ""
    problems = check(text, settings.CONFIG_BYTES).problems if text else []
    for problem in problems:
        form.add_error(None, problem.message)
    if problems:
        return None
    try:
        return config_save(
            workspace=access.workspace,
            user=access.user,
            text=text,
            note="Common settings changed in the form.",
            based_on=form.cleaned_data["based_on"],
            actor=access.actor,
        )
    except ConfigChanged:
        form.add_error(None, "Someone else saved another version while you were editing. Open this page again.")
        return None


def _models(access: WorkspaceAccess) -> list[str]:
    """What the workspace's own models are called in a configuration."""
    providers = agent_models(access.workspace.pk, access.user.pk, access.role).get("provider", {})
    return [f"{name}/{model}" for name, provider in providers.items() for model in provider["models"]]


def _number(present: ConfigVersion | None) -> int:
    return present.number if present else 0
