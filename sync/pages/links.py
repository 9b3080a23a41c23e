"""The Links page of a workspace: every live link, revoking several at once, the rules for new ones."""

from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opencode.lib.paging import PAGE_ROWS
from sync.pages.forms import SharePolicyForm
from sync.sharing import (
    COUNTED,
    KEPT_DAYS,
    RULES,
    SHARES,
    links_count,
    links_named,
    links_page,
    share_link_end,
    share_policy,
    share_policy_save,
)
from workspaces.access import page_access

AGENTS: Final = "agents"


@require_safe
def link_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The live links that people made, or with `?made=agents` those of agents."""
    access = page_access(request, slug, "session.view")
    is_agents = request.GET.get("made") == AGENTS
    place = SHARES.read_or_first(request.GET.get("after"))
    page = links_page(access.workspace, is_agents=is_agents, place=place)
    query = {"made": AGENTS} if is_agents else {}
    count = links_count(access.workspace, is_agents=is_agents)
    context = {
        "access": access,
        "nav": "links",
        "page": page,
        "is_agents": is_agents,
        "count": f"{COUNTED:,}+" if count > COUNTED else str(count),
        "is_cut": page.next is not None or place is not None,
        "kept_days": KEPT_DAYS,
        "public_url": settings.PUBLIC_URL,
        "may_revoke": access.can("session.share"),
        "may_rule": access.can(RULES),
        "policy": share_policy(access.workspace.pk),
        "first": urlencode(query),
        "older": urlencode({**query, "after": page.next}) if page.next else "",
        "is_first": place is None,
    }
    return render(request, "sync/links.html", context)


@require_POST
def links_revoke(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, naming each link that was ticked; `confirmed` revokes them. What has ended meanwhile is left out."""
    access = page_access(request, slug, "session.share")
    # One row's own button means that link, whatever is ticked.
    ids = (request.POST.getlist("only") or request.POST.getlist("link"))[:PAGE_ROWS]
    links = links_named(access.workspace, ids)
    back = reverse("sync:links", args=[slug]) + ("?made=agents" if request.POST.get("made") == AGENTS else "")
    if not links:
        messages.warning(request, "Tick the links to revoke first." if not ids else "These links have ended already.")
        return redirect(back)
    if "confirmed" not in request.POST:
        context = {"access": access, "nav": "links", "links": links, "back": back, "made": request.POST.get("made", "")}
        return render(request, "sync/links_revoke.html", context)
    ended = sum(share_link_end(share=share, actor=access.actor) for share in links)
    messages.success(request, f"{ended} link{'s are' if ended != 1 else ' is'} revoked.")
    return redirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
def link_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The workspace's rules for new links; for owners and admins."""
    access = page_access(request, slug, RULES)
    policy = share_policy(access.workspace.pk)
    form = SharePolicyForm(request.POST if request.method == "POST" else None, policy=policy)
    if request.method == "POST" and form.is_valid():
        share_policy_save(workspace=access.workspace, actor=access.actor, **form.rules())
        messages.success(request, "Saved; the rules hold for links made from now on.")
        return redirect("sync:links", slug)
    context: dict[str, Any] = {"access": access, "nav": "links", "form": form, "policy": policy}
    return render(request, "sync/link_rules.html", context, status=422 if form.errors else 200)
