"""The address a person signs in with, and the mailed links by which two mailboxes agree to change it."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.errors import EmailTaken
from accounts.forms.emails import EmailChangeForm
from accounts.models import EmailChange, User
from accounts.selectors.email_changes import APPROVE, UNDO, change_by_link, open_change
from accounts.services.email_changes import (
    email_change_agree,
    email_change_begin,
    email_change_drop,
    email_change_undo,
)
from opencode.lib.errors import NotFound
from opencode.lib.http import person_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def email(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    change = open_change(request.user)
    if request.method == "POST":
        raise_if_reauthentication_required(request, app="allauth.account")
        if "drop" in request.POST and change is not None:
            email_change_drop(change=change)
            messages.success(request, "The change is cancelled.")
            return redirect("account_email")
        limited: HttpResponse | None = consume_or_429(request, action="manage_email", user=request.user)
        if limited is not None:
            return limited
    form = EmailChangeForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        email_change_begin(user=request.user, new_email=form.cleaned_data["email"])
        return redirect("account_email")
    context = {"form": form, "change": change}
    return render(request, "accounts/email.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def email_change(request: HttpRequest, token: str) -> HttpResponse:
    """A link from a mail: opening it changes nothing, the button on its page does. It needs no sign-in."""
    found = change_by_link(token)
    if found is None:
        raise NotFound("This link was already used, has expired or is incomplete.")
    if request.method != "POST":
        return render(request, "accounts/email_change.html", found._asdict())
    try:
        said = _answer(request, found.change, found.act)
    except EmailTaken:
        said = "taken"
    return render(request, "accounts/email_changed.html", {"change": found.change, "said": said})


def _answer(request: HttpRequest, change: EmailChange, act: str) -> str:
    """What was done, in a word for the page: `undone`, `stopped`, `done` or `waiting`."""
    if act == UNDO:
        email_change_undo(change=change, actor=person_of(request, change.user_id))
        return "undone"
    if act == APPROVE and "stop" in request.POST:
        email_change_drop(change=change)
        return "stopped"
    return "waiting" if email_change_agree(change=change, by_old=act == APPROVE).done_at is None else "done"
