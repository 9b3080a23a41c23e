"""Who belongs to the workspace: list, role and limit, removal, handing over, leaving."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from opencode.lib.errors import NotFound
from opencode.lib.paging import OLDEST_FIRST, SEARCH_CHARACTERS
from workspaces.access import WorkspaceAccess, page_access
from workspaces.errors import LastOwnerRemains, RoleTooHigh
from workspaces.forms.people import MemberForm
from workspaces.forms.workspaces import NameTypedForm
from workspaces.models import Membership
from workspaces.ports import spending_this_month
from workspaces.roles import can_manage
from workspaces.selectors.members import members
from workspaces.services.memberships import (
    membership_change,
    membership_leave,
    membership_remove,
    workspace_handover,
)

FORM_METHODS: Final = ["GET", "HEAD", "POST"]


@require_safe
def member_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "member.view")
    search = request.GET.get("q", "").strip()[:SEARCH_CHARACTERS]
    place = OLDEST_FIRST.read_or_first(request.GET.get("after"))
    page = OLDEST_FIRST.page(members(access.workspace, search=search), place)
    seen = [row.user_id for row in page.rows if row.user_id == access.user.pk or access.can("usage.view_all")]
    spent = spending_this_month(access.workspace.pk, "member", seen)
    context = {
        **_context(access),
        "page": page,
        "rows": [(row, *spent.get(row.user_id, (0, 0))) for row in page.rows],
        "search": search,
        "is_first": place is None,
        "may_manage": access.can("member.manage"),
        "is_owner": access.can("workspace.handover"),
    }
    return render(request, "workspaces/members.html", context)


@require_http_methods(FORM_METHODS)
def member(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """Role and monthly limit of one member."""
    access, row = _manageable(request, slug, member_id)
    form = MemberForm(request.POST if request.method == "POST" else None, membership=row, by_role=access.role)
    if request.method == "POST" and form.is_valid():
        try:
            membership_change(membership=row, actor=access.actor, **form.changes())
        except LastOwnerRemains as refused:
            form.add_error("role", refused.message)
        else:
            messages.success(request, f"{row.user.display_name} is saved.")
            return redirect("workspaces:members", slug)
    used, held = spending_this_month(access.workspace.pk, "member", [row.user_id]).get(row.user_id, (0, 0))
    context = {
        **_context(access),
        "member": row,
        "form": form,
        "used": used,
        "held": held,
        "may_hand_over": access.can("workspace.handover"),
    }
    return render(request, "workspaces/member.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def member_remove(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """GET asks, naming the person; POST removes."""
    access, row = _manageable(request, slug, member_id)
    if request.method == "POST":
        membership_remove(membership=row, actor=access.actor)
        messages.success(request, f"{row.user.display_name} is no longer a member; their keys are revoked.")
        return redirect("home" if row.pk == access.membership.pk else "workspaces:members", *_args(row, access))
    return render(request, "workspaces/member_remove.html", {**_context(access), "member": row})


@require_http_methods(FORM_METHODS)
def handover(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """Make a member owner in one's own place, by typing the workspace's name."""
    access = page_access(request, slug, "workspace.handover")
    row = _member(access, member_id)
    if row.pk == access.membership.pk:
        raise NotFound
    form = NameTypedForm(request.POST if request.method == "POST" else None, workspace=access.workspace)
    if request.method == "POST" and form.is_valid():
        workspace_handover(giver=access.membership, to=row, actor=access.actor)
        messages.success(request, f"{row.user.display_name} owns {access.workspace.name} now; you are an admin.")
        return redirect("workspaces:members", slug)
    context = {**_context(access), "member": row, "form": form}
    return render(request, "workspaces/handover.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """GET asks; POST leaves, which the last owner cannot."""
    access = page_access(request, slug)
    context: dict[str, object] = {"access": access, "nav": "settings"}
    if request.method == "POST":
        try:
            membership_leave(membership=access.membership, actor=access.actor)
        except LastOwnerRemains as refused:
            return render(request, "workspaces/leave.html", {**context, "refused": refused}, status=refused.status)
        messages.success(request, f"You left {access.workspace.name}.")
        return redirect("workspaces:list")
    return render(request, "workspaces/leave.html", context)


def _context(access: WorkspaceAccess) -> dict[str, object]:
    return {"access": access, "nav": "members"}


def _args(row: Membership, access: WorkspaceAccess) -> list[str]:
    return [] if row.pk == access.membership.pk else [access.workspace.slug]


def _member(access: WorkspaceAccess, member_id: str) -> Membership:
    row = members(access.workspace).filter(pk=member_id).first()
    if row is None:
        raise NotFound
    return row


def _manageable(request: HttpRequest, slug: str, member_id: str) -> tuple[WorkspaceAccess, Membership]:
    """Raises RoleTooHigh where the person may look at this member but not change them."""
    access = page_access(request, slug, "member.manage")
    row = _member(access, member_id)
    if not can_manage(access.role, row.role):
        raise RoleTooHigh
    return access, row
