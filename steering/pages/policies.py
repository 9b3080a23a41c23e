"""How much may be decided from the console in a workspace: its owners set it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from steering.errors import StepUpNeeded
from steering.models import SteeringPolicy
from steering.pages.stepup import factor_age
from steering.selectors.commands import ceiling_of
from steering.services.policies import ceiling_set
from workspaces.access import page_access


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ceiling(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "steering.set")
    wanted = request.POST.get("ceiling", "")
    if request.method == "POST" and wanted in SteeringPolicy.Ceiling.values:
        try:
            ceiling_set(workspace=access.workspace, ceiling=wanted, actor=access.actor, factor_age=factor_age(request))
        except StepUpNeeded as denial:
            messages.error(request, denial.message)
        else:
            messages.success(request, "Saved.")
        return redirect("steering:ceiling", slug)
    context = {
        "access": access,
        "nav": "settings",
        "ceiling": ceiling_of(access.workspace.pk),
        "choices": SteeringPolicy.Ceiling.choices,
        "needs_factor": factor_age(request) is None,
    }
    return render(request, "steering/ceiling.html", context, status=422 if request.method == "POST" else 200)
