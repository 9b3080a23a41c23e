"""Workspace share tokens: list, make, revoke. Members may look; they cannot hand the workspace out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from opencode.lib.paging import NEWEST_FIRST
from workspaces.access import page_access
from workspaces.errors import TokenLimitReached
from workspaces.forms.credentials import ShareTokenForm
from workspaces.selectors.agentconfig import agent_config
from workspaces.selectors.credentials import share_tokens
from workspaces.services.share_tokens import share_token_create, share_token_revoke


@require_safe
def token_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "token.view")
    place = NEWEST_FIRST.read_or_first(request.GET.get("before"))
    context = {
        "access": access,
        "nav": "keys",
        "may_manage": access.can("token.manage"),
        "page": NEWEST_FIRST.page(share_tokens(access.workspace), place),
        "is_first": place is None,
        "now": utc_now(),
    }
    return render(request, "workspaces/tokens.html", context)


@never_cache
@sensitive_variables("secret", "config")
@require_http_methods(["GET", "HEAD", "POST"])
def token_create(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer to the POST is the one page that ever shows the token, in the configuration an agent needs."""
    access = page_access(request, slug, "token.manage")
    form = ShareTokenForm(request.POST if request.method == "POST" else None)
    context = {"access": access, "nav": "keys", "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = share_token_create(
                workspace=access.workspace,
                created_by=access.user,
                name=form.cleaned_data["name"],
                actor=access.actor,
                expires_at=form.expires_at(),
            )
        except TokenLimitReached as limit:
            form.add_error(None, limit.message)
        else:
            created = {**context, "token": token, "secret": secret, "config": agent_config(secret)}
            return render(request, "workspaces/token_created.html", created)
    return render(request, "workspaces/token_create.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: HttpRequest, slug: str, token_id: str) -> HttpResponse:
    """GET asks, naming the token; POST revokes."""
    access = page_access(request, slug, "token.manage")
    token = share_tokens(access.workspace).filter(pk=token_id).first()
    if token is None:
        raise NotFound
    if request.method == "POST":
        share_token_revoke(token=token, actor=access.actor)
        messages.success(request, f"The share token {token.name} ({token.prefix}…) is revoked.")
        return redirect("workspaces:tokens", slug)
    return render(request, "workspaces/token_revoke.html", {"access": access, "nav": "keys", "token": token})
