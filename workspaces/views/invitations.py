"""Invitations of a workspace: list, invite, send again, revoke."""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial, NotFound
from opencode.lib.paging import NEWEST_FIRST, SEARCH_CHARACTERS
from workspaces.access import WorkspaceAccess, page_access
from workspaces.errors import MemberAlready
from workspaces.forms.people import InvitationForm
from workspaces.models import Invitation
from workspaces.selectors.invitations import invitation_state, invitations
from workspaces.services.invitation_links import invitation_link_create
from workspaces.services.invitations import invitation_create, invitation_resend, invitation_revoke

FORM_METHODS: Final = ["GET", "HEAD", "POST"]


@require_safe
def invitation_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "member.manage")
    search = request.GET.get("q", "").strip()[:SEARCH_CHARACTERS]
    place = NEWEST_FIRST.read_or_first(request.GET.get("before"))
    page = NEWEST_FIRST.page(invitations(access.workspace, search=search), place)
    now = utc_now()
    context = {
        "access": access,
        "nav": "members",
        "page": page,
        "rows": [(row, invitation_state(row, now=now)) for row in page.rows],
        "search": search,
        "is_first": place is None,
    }
    return render(request, "workspaces/invitations.html", context)


@never_cache
@require_http_methods(FORM_METHODS)
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "member.manage")
    form = InvitationForm(request.POST if request.method == "POST" else None, by_role=access.role)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitation_create(
                workspace=access.workspace,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                actor=access.actor,
            )
        except Denial as refused:
            form.add_error("email" if isinstance(refused, MemberAlready) else None, refused.message)
        else:
            return _link_page(request, access, invitation, is_sent=True)
    context = {"access": access, "nav": "members", "form": form}
    return render(request, "workspaces/invite.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
def link(request: HttpRequest, slug: str, invitation_id: str) -> HttpResponse:
    """A fresh link to hand over, shown once."""
    access = page_access(request, slug, "member.manage")
    row = _invitation(access, invitation_id)
    try:
        return _link_page(request, access, row, is_sent=False)
    except Denial as refused:
        messages.error(request, refused.message)
        return redirect("workspaces:invitations", slug)


@require_POST
def resend(request: HttpRequest, slug: str, invitation_id: str) -> HttpResponse:
    access = page_access(request, slug, "member.manage")
    row = _invitation(access, invitation_id)
    try:
        invitation_resend(invitation=row, actor=access.actor)
    except Denial as refused:
        messages.error(request, refused.message)
    else:
        way = f"is on its way to {row.email}" if settings.MAIL_IS_QUEUED else "is in the console's log"
        messages.success(request, f"Another mail {way}; earlier links no longer work.")
    return redirect("workspaces:invitations", slug)


@require_http_methods(FORM_METHODS)
def revoke(request: HttpRequest, slug: str, invitation_id: str) -> HttpResponse:
    """GET asks, naming the address; POST revokes."""
    access = page_access(request, slug, "member.manage")
    row = _invitation(access, invitation_id)
    if request.method == "POST":
        invitation_revoke(invitation=row, actor=access.actor)
        messages.success(request, f"The invitation to {row.email} is revoked.")
        return redirect("workspaces:invitations", slug)
    state = invitation_state(row, now=utc_now())
    context = {"access": access, "nav": "members", "invitation": row, "state": state}
    return render(request, "workspaces/invitation_revoke.html", context)


@sensitive_variables("context")
def _link_page(request: HttpRequest, access: WorkspaceAccess, row: Invitation, *, is_sent: bool) -> HttpResponse:
    context = {
        "access": access,
        "nav": "members",
        "invitation": row,
        "is_sent": is_sent,
        "link": invitation_link_create(invitation=row, actor=access.actor),
    }
    return render(request, "workspaces/invitation_link.html", context)


def _invitation(access: WorkspaceAccess, invitation_id: str) -> Invitation:
    row = invitations(access.workspace).filter(pk=invitation_id).first()
    if row is None:
        raise NotFound
    return row
