"""The page for GitHub Actions: how a repository gets the agent, and the exchanges of followed owners."""

import secrets
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from opencode.lib.errors import Denial
from workspaces.access import WorkspaceAccess, page_access
from workspaces.forms.github import GithubOwnerForm
from workspaces.github.app import github_app
from workspaces.github.people import owner_administered, sign_in_url
from workspaces.github.rules import OUTCOMES
from workspaces.github.workflow import SECRET, workflow_text
from workspaces.models import GithubExchange, GithubOwner
from workspaces.ports import agent_models
from workspaces.services.github_exchanges import GIVEN
from workspaces.services.github_owners import PERMISSION, owner_claim, owner_release

CLAIM: Final = "github_claim"
"""The session key of the claim that waits for the person to come back from GitHub."""
SHOWN: Final = 50


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "workspaces/github.html", _context(page_access(request, slug), GithubOwnerForm()))


@never_cache
@require_POST
def claim(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks to go on at GitHub; a link leads there, as no form may lead to another site."""
    access = page_access(request, slug, PERMISSION)
    form = GithubOwnerForm(request.POST)
    try:
        if form.is_valid():
            waiting = {
                "slug": slug,
                "owner": form.cleaned_data["owner"],
                "state": secrets.token_urlsafe(),
                "verifier": secrets.token_urlsafe(48),
            }
            url = sign_in_url(github_app(), state=waiting["state"], verifier=waiting["verifier"], back=_back())
            request.session[CLAIM] = waiting
            context = {"access": access, "nav": "connect", "owner": waiting["owner"], "url": url}
            return render(request, "workspaces/github_claim.html", context)
    except Denial as refusal:
        form.add_error("owner", refusal.message)
    return render(request, "workspaces/github.html", _context(access, form), status=422)


@never_cache
@require_safe
def claimed(request: HttpRequest) -> HttpResponse:
    """Where GitHub sends the person back. Unless this browser has a claim that waits for it, nothing happens."""
    waiting = request.session.pop(CLAIM, None)
    state = request.GET.get("state", "")
    if waiting is None or not secrets.compare_digest(waiting["state"].encode(), state.encode()):
        messages.error(request, "GitHub's answer belongs to no request of this browser; begin again.")
        return redirect("home")
    access = page_access(request, waiting["slug"], PERMISSION)
    try:
        owner_id, login = owner_administered(
            github_app(),
            login=waiting["owner"],
            code=request.GET.get("code", ""),
            verifier=waiting["verifier"],
            back=_back(),
        )
        owner_claim(workspace=access.workspace, owner_id=owner_id, login=login, actor=access.actor)
    except Denial as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"This workspace follows {login} now.")
    return redirect("workspaces:github", access.workspace.slug)


@require_POST
def release(request: HttpRequest, slug: str, owner_id: int) -> HttpResponse:
    access = page_access(request, slug, PERMISSION)
    owner_release(workspace=access.workspace, owner_id=owner_id, actor=access.actor)
    messages.success(request, "This workspace follows that owner no longer; its jobs get their tokens as before.")
    return redirect("workspaces:github", slug)


def _back() -> str:
    return f"{settings.PUBLIC_URL}{reverse('github_claimed')}"


def _context(access: WorkspaceAccess, form: GithubOwnerForm) -> dict[str, Any]:
    app = settings.GITHUB_APP
    models = agent_models(access.workspace.pk, access.user.pk, access.membership.role)
    may_manage = access.can(PERMISSION)
    owners = list(GithubOwner.objects.filter(workspace=access.workspace).order_by("login")) if may_manage else []
    exchanges = list(GithubExchange.objects.filter(owner_id__in=[owner.owner_id for owner in owners])[:SHOWN])
    for exchange in exchanges:
        exchange.words = OUTCOMES.get(exchange.outcome, "Refused")  # type: ignore[attr-defined]
    return {
        "access": access,
        "nav": "connect",
        "app": app,
        "owners_served": sorted(app.owners) if app else [],
        "may_manage": may_manage,
        "form": form,
        "owners": owners,
        "exchanges": exchanges,
        "given": GIVEN,
        "workflow": workflow_text(settings.PUBLIC_URL, models),
        "has_models": bool(models),
        "secret": SECRET,
    }
