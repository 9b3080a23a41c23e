"""The models of a workspace: which there are, the default ones, and those of its own."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from gateway.forms import refusal_show
from gateway.forms.models import ModelSettingsForm, OwnModelForm
from gateway.models import ModelSettings
from gateway.selectors.listing import ListedModel, Standing, credentials_of, model_of, models_listed
from gateway.selectors.offered import gateway_url
from gateway.services.models import OwnModel, model_create, model_delete, settings_save
from gateway.services.standing import PERMISSION
from opencode.lib.errors import Denial, NotFound
from workspaces.access import WorkspaceAccess, page_access

FORM_METHODS: Final = ["GET", "HEAD", "POST"]


@require_http_methods(FORM_METHODS)
def model_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody sees which models there are; POST, for owners and admins, saves the default ones."""
    is_post = request.method == "POST"
    access = page_access(request, slug, PERMISSION if is_post else "model.view")
    listed = models_listed(access.workspace)
    usable = [each for each in listed if each.standing != Standing.NO_KEY]
    form = _settings_form(request, access, usable)
    if is_post and form.is_valid():
        settings_save(workspace_id=access.workspace.pk, **form.cleaned_data, actor=access.actor)
        messages.success(request, "Saved; agents load it at their next start.")
        return redirect("gateway:models", slug)
    context = {
        **context_of(access),
        "usable": usable,
        "keyless": [each for each in listed if each.standing == Standing.NO_KEY],
        "form": form,
        "may_manage": access.can(PERMISSION),
        "chosen": ModelSettings.objects.filter(pk=access.workspace.pk).first(),
        "gateway_url": gateway_url(access.workspace.pk),
    }
    return render(request, "gateway/models.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def model_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a model that one of the workspace's own keys serves."""
    access = page_access(request, slug, PERMISSION)
    credentials = list(credentials_of(access.workspace))
    form = OwnModelForm(
        request.POST if request.method == "POST" else None, credentials=[(each.pk, str(each)) for each in credentials]
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = model_create(workspace_id=access.workspace.pk, new=OwnModel(**form.cleaned_data), actor=access.actor)
        except Denial as refusal:
            refusal_show(form, refusal)
        else:
            messages.success(request, f"{row.name} is added; agents offer it at their next start.")
            return redirect("gateway:models", slug)
    context = {**context_of(access), "form": form, "credentials": credentials}
    return render(request, "gateway/model_new.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def model_delete_page(request: HttpRequest, slug: str, model_id: str) -> HttpResponse:
    """GET asks, naming the model; POST deletes it. The host's cannot be deleted here."""
    access = page_access(request, slug, PERMISSION)
    row = model_of(access.workspace, model_id)
    if row is None or not row.workspace_id:
        raise NotFound
    if request.method == "POST":
        model_delete(model=row, actor=access.actor)
        messages.success(request, f"{row.name} is deleted.")
        return redirect("gateway:models", slug)
    return render(request, "gateway/model_delete.html", {**context_of(access), "row": row})


def context_of(access: WorkspaceAccess) -> dict[str, Any]:
    return {"access": access, "nav": "models"}


def _settings_form(request: HttpRequest, access: WorkspaceAccess, usable: list[ListedModel]) -> ModelSettingsForm:
    present = ModelSettings.objects.filter(pk=access.workspace.pk).first() or ModelSettings()
    names = ("default_model", "small_model", "is_exclusive", "lowers_cap")
    return ModelSettingsForm(
        request.POST if request.method == "POST" else None,
        slugs={each.row.slug: each.row.name for each in usable if each.standing == Standing.ON},
        initial={name: getattr(present, name) for name in names},
    )
