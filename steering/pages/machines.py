"""A person's machines: where their agents run, what these wait for, how to install the bridge."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from steering.plugin import BRIDGE_VERSION
from steering.selectors.machines import machines_of


@require_safe
@login_required
def machine_list(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    context = {"machines": machines_of(request.user), "bridge_version": BRIDGE_VERSION}
    response = render(request, "steering/machines.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response
