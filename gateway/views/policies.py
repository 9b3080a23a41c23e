"""One model: what it is and costs, and what the workspace decides about it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from gateway.forms import refusal_show
from gateway.forms.models import PolicyForm
from gateway.models import Model, ProviderCredential
from gateway.selectors.calls import DAYS, CallsSum, calls_sum
from gateway.selectors.listing import (
    ListedModel,
    credentials_of,
    hosts_kinds,
    keys_for_models,
    model_listed,
    model_of,
)
from gateway.selectors.routing import OF_THE_HOST
from gateway.services.models import Decision, model_decide, model_switch
from gateway.services.standing import PERMISSION
from gateway.views.models import FORM_METHODS, context_of
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial, NotFound
from workspaces.access import WorkspaceAccess, page_access


@require_http_methods(FORM_METHODS)
def model(request: HttpRequest, slug: str, model_id: str) -> HttpResponse:
    """POST saves the policy."""
    is_post = request.method == "POST"
    access = page_access(request, slug, PERMISSION if is_post else "model.view")
    listed = model_listed(access.workspace, _model(access, model_id))
    form = _form(request, access, listed)
    if is_post and form.is_valid():
        try:
            model_decide(
                workspace_id=access.workspace.pk,
                model=listed.row,
                decision=Decision(**form.cleaned_data),
                actor=access.actor,
            )
        except Denial as refusal:
            refusal_show(form, refusal)
        else:
            messages.success(request, f"{listed.row.name} is saved; it holds for calls within a few seconds.")
            return redirect("gateway:model", slug, listed.row.pk)
    context = {
        **context_of(access),
        "listed": listed,
        "form": form,
        "may_manage": access.can(PERMISSION),
        "used": _used(access, listed.row),
        "days": DAYS,
    }
    return render(request, "gateway/model.html", context, status=422 if form.errors else 200)


@require_POST
def switch(request: HttpRequest, slug: str, model_id: str) -> HttpResponse:
    """Switch the model on with `on=1`, otherwise off."""
    access = page_access(request, slug, PERMISSION)
    row = _model(access, model_id)
    is_on = request.POST.get("on") == "1"
    try:
        model_switch(workspace_id=access.workspace.pk, model=row, is_on=is_on, actor=access.actor)
    except Denial as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{row.name} is {'on' if is_on else 'off'}.")
    return redirect("gateway:models", slug)


def _used(access: WorkspaceAccess, row: Model) -> CallsSum | None:
    """For those who see all usage."""
    if not access.can("usage.view_all"):
        return None
    return calls_sum(access.workspace.pk, utc_now().date(), model=row.slug)


def _model(access: WorkspaceAccess, model_id: str) -> Model:
    row = model_of(access.workspace, model_id)
    if row is None:
        raise NotFound
    return row


def _form(request: HttpRequest, access: WorkspaceAccess, listed: ListedModel) -> PolicyForm:
    names = ("is_on", "roles", "keys", "credentials", "output_cap", "call_ceiling")
    keys = keys_for_models(access.workspace)
    return PolicyForm(
        request.POST if request.method == "POST" else None,
        keys=[(key.root_id or key.pk, f"{key.name} ({key.prefix}…)") for key in keys],
        credentials=_credentials(listed.row, list(credentials_of(access.workspace))),
        initial={name: getattr(listed.policy, name) for name in names},
    )


def _credentials(row: Model, own: list[ProviderCredential]) -> list[tuple[str, str]]:
    """The keys that can serve the model; nothing to choose from where there is one at most."""
    found = [(each.pk, str(each)) for each in own if each.kind == row.kind and row.credential_id in {"", each.pk}]
    if not row.workspace_id and row.kind in hosts_kinds():
        found.append((OF_THE_HOST, "The host's keys"))
    return found if len(found) > 1 else []
