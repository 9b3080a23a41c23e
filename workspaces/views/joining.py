"""The page an invitation leads to: who invites whom to what, and the button that joins."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.selectors.addresses import verified_addresses
from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsMissing
from opencode.lib.http import person_of
from workspaces.access import CURRENT_WORKSPACE
from workspaces.errors import InvitationForAnother, InvitationInvalid
from workspaces.models import Invitation
from workspaces.selectors.invitations import invitation_by_secret, invitation_of
from workspaces.selectors.workspaces import memberships_of
from workspaces.services.invitation_rules import require_open
from workspaces.services.invitations import invitation_accept


@never_cache
@sensitive_variables("key")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """`key` is the secret of the link in the mail; for whoever is signed in with its address the invitation's id too.

    GET shows it, to strangers as well: whoever has the link was sent it. POST accepts.
    """
    user = request.user if isinstance(request.user, User) else None
    found = invitation_by_secret(key) or (invitation_of(user, key) if user is not None else None)
    if found is None:
        raise InvitationInvalid
    if user is not None and _is_member_by(user, found):
        request.session[CURRENT_WORKSPACE] = found.workspace.slug
        return redirect("home")
    require_open(found, now=utc_now())
    is_theirs = user is not None and found.email in verified_addresses(user)
    if request.method == "POST":
        return _accepted(request, user, found)
    context = {"invitation": found, "is_theirs": is_theirs, "is_stranger": user is None}
    return render(request, "workspaces/invitation.html", context, status=200 if is_theirs or user is None else 403)


def _accepted(request: HttpRequest, user: User | None, found: Invitation) -> HttpResponse:
    if user is None:
        raise CredentialsMissing
    try:
        invitation_accept(invitation=found, user=user, actor=person_of(request))
    except InvitationForAnother:
        context = {"invitation": found, "is_theirs": False, "is_stranger": False}
        return render(request, "workspaces/invitation.html", context, status=403)
    request.session[CURRENT_WORKSPACE] = found.workspace.slug
    messages.success(request, f"You are a member of {found.workspace.name} now.")
    return redirect("home")


def _is_member_by(user: User, found: Invitation) -> bool:
    """Whether this person accepted it before and still belongs there: the link in their mail then just leads in."""
    accepted = found.accepted_at is not None and found.accepted_by_id == user.pk
    return accepted and memberships_of(user).filter(workspace=found.workspace).exists()
