"""Where a person is signed in, and signing a browser out remotely."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.selectors.sessions import sessions_of
from accounts.services.sessions import session_end, sessions_end_others
from opencode.lib.errors import NotFound


@require_safe
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    found = sessions_of(request.user, request.session.session_key)
    return render(request, "accounts/sessions.html", {"sessions": found, "others": len(found) > 1})


@require_POST
@login_required
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    assert isinstance(request.user, User)
    if not session_end(user=request.user, session_id=session_id):
        raise NotFound
    messages.success(request, "That browser is signed out.")
    return redirect("accounts:sessions")


@require_POST
@login_required
def end_others(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    ended = sessions_end_others(user=request.user, keep=request.session.session_key or "")
    messages.success(request, f"Browsers signed out: {ended}.")
    return redirect("accounts:sessions")
