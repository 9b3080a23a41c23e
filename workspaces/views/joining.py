"""The page an invitation leads to: who invites whom to what, and the button that joins, or the form that signs up."""

from functools import partial
from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.selectors.addresses import verified_addresses
from accounts.selectors.signup import may_sign_up
from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsMissing
from opencode.lib.http import person_of
from workspaces.access import CURRENT_WORKSPACE
from workspaces.errors import InvitationForAnother, InvitationInvalid
from workspaces.models import Invitation
from workspaces.selectors.invitations import invitation_by_secret, invitation_of, may_join_anew, proves_address
from workspaces.selectors.workspaces import memberships_of
from workspaces.services.invitation_links import invitation_sign_up
from workspaces.services.invitation_rules import require_open
from workspaces.services.invitations import invitation_accept


class NewcomerForm(forms.Form):
    """The sign-up form of an invited person, whose address is proved already: they choose a password, or none."""

    password = forms.CharField(
        label="Password",
        strip=False,
        required=False,
        max_length=1024,
        help_text="Ten characters or more; nothing common, nothing like your address. "
        "Without one, codes sent by mail sign you in.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password, User(email=self._email))
        return password


@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("key", "form")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """The invitation. `key` is a link's secret or, for a person signed in with the invited address, its id.

    GET shows it, without sign-in too: its reader was given the link. POST accepts. By the mailed link a person without
    an account makes theirs on this page: having that mail proves the address.
    """
    user = request.user if isinstance(request.user, User) else None
    found = invitation_by_secret(key) or (invitation_of(user, key) if user is not None else None)
    if found is None:
        raise InvitationInvalid
    if user is not None and _is_member_by(user, found):
        return _entered(request, found)
    require_open(found, now=utc_now())
    if user is None:
        return _stranger(request, found, key)
    if request.method == "POST":
        return _accepted(request, user, found)
    return _page(request, found, is_theirs=found.email in verified_addresses(user))


def _accepted(request: HttpRequest, user: User, found: Invitation) -> HttpResponse:
    try:
        invitation_accept(invitation=found, user=user, actor=person_of(request))
    except InvitationForAnother:
        return _page(request, found, is_theirs=False)
    return _entered(request, found, is_new=True)


def _stranger(request: HttpRequest, found: Invitation, key: str) -> HttpResponse:
    """The page for a reader who is not signed in: the sign-up form, or the ways to sign in or sign up.

    A POST without a form raises CredentialsMissing.
    """
    form = None
    if proves_address(found, key) and may_join_anew(found.email) and may_sign_up(found.email):
        form = NewcomerForm(request.POST if request.method == "POST" else None, email=found.email)
    if request.method == "POST":
        if form is None:
            raise CredentialsMissing
        if form.is_valid():
            return _signed_up(request, found, key, form.cleaned_data["password"])
    context = {"invitation": found, "is_stranger": True, "form": form}
    status = 422 if form is not None and form.errors else 200
    return render(request, "workspaces/invitation.html", context, status=status)


@sensitive_variables("key", "password")
def _signed_up(request: HttpRequest, found: Invitation, key: str, password: str) -> HttpResponse:
    user = invitation_sign_up(invitation=found, secret=key, password=password, actor_of=partial(person_of, request))
    perform_login(request, user)
    return _entered(request, found, is_new=True)


def _page(request: HttpRequest, found: Invitation, *, is_theirs: bool) -> HttpResponse:
    context = {"invitation": found, "is_theirs": is_theirs}
    return render(request, "workspaces/invitation.html", context, status=200 if is_theirs else 403)


def _entered(request: HttpRequest, found: Invitation, *, is_new: bool = False) -> HttpResponse:
    request.session[CURRENT_WORKSPACE] = found.workspace.slug
    if is_new:
        messages.success(request, f"You are a member of {found.workspace.name} now.")
    return redirect("home")


def _is_member_by(user: User, found: Invitation) -> bool:
    """Whether this person accepted it before and is still a member: the link in their mail then just leads in."""
    accepted = found.accepted_at is not None and found.accepted_by_id == user.pk
    return accepted and memberships_of(user).filter(workspace=found.workspace).exists()
