"""Pages to delete one's account and to restore it."""

from typing import Final

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountHeld, LastOperatorRemains, RestoreLinkInvalid
from accounts.forms.deletion import AccountDeleteForm
from accounts.models import AccountDeletion, User
from accounts.ports import account_holds
from accounts.services.deletions import (
    RESTORABLE,
    RESTORABLE_PERSON,
    RESTORE_DAYS,
    account_delete,
    account_restore,
    deletion_by_secret,
    deletion_of,
)
from opencode.lib.http import person_of

FORM_METHODS: Final = ["GET", "HEAD", "POST"]


@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(FORM_METHODS)
def delete(request: HttpRequest) -> HttpResponse:
    """GET names what prevents the deletion and what is deleted with it; POST deletes once the address is typed."""
    assert isinstance(request.user, User)
    holds = account_holds(request.user.pk)
    form = AccountDeleteForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            deletion = account_delete(actor=person_of(request))
        except (AccountHeld, LastOperatorRemains) as refused:
            form.add_error(None, refused.message)
            holds = account_holds(request.user.pk)
        else:
            return _deleted(request, deletion)
    context = {"form": form, "holds": holds, "restore_days": RESTORE_DAYS, "section": "accounts:data"}
    return render(request, "accounts/delete.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(FORM_METHODS)
def restore(request: HttpRequest) -> HttpResponse:
    """For the person who deleted the account in this browser, or has signed in to it since."""
    deletion = deletion_of(request.session.get(RESTORABLE_PERSON, ""))
    if deletion is None:
        return redirect("account_login")
    return _restore_page(request, deletion)


@never_cache
@sensitive_variables("secret")
@require_http_methods(FORM_METHODS)
def restore_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """For the reader of the mail, who has its secret link."""
    deletion = deletion_by_secret(secret)
    if deletion is None:
        raise RestoreLinkInvalid
    return _restore_page(request, deletion)


def _deleted(request: HttpRequest, deletion: AccountDeletion) -> HttpResponse:
    logout(request)
    request.session[RESTORABLE_PERSON] = deletion.pk
    return redirect("accounts:restore")


def _restore_page(request: HttpRequest, deletion: AccountDeletion) -> HttpResponse:
    if request.method == "POST":
        account_restore(deletion=deletion, actor=person_of(request, deletion.pk))
        request.session.pop(RESTORABLE_PERSON, None)
        messages.success(request, "Your account is restored; sign in as before.")
        return redirect("account_login")
    context = {"email": deletion.user.email, "until": deletion.requested_at + RESTORABLE}
    return render(request, "accounts/restore.html", context)
