"""One API key: its facts and use, rotation, limit; and finding out whose key a string is."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden
from workspaces.access import WorkspaceAccess, page_access
from workspaces.errors import KeyEnded, KeyLimitReached
from workspaces.forms.credentials import OVERLAP_WORDS, KeyCheckForm, KeyLimitForm, KeyRotateForm
from workspaces.keys.format import secrets_in
from workspaces.models import APIKey
from workspaces.ports import spending_this_month
from workspaces.selectors.credentials import family_of, is_newest, usage_days
from workspaces.selectors.keychecks import key_check
from workspaces.services.api_keys import api_key_limit_set
from workspaces.services.key_rotation import api_key_rotate
from workspaces.views.api_keys import key_of

FORM_METHODS: Final = ["GET", "HEAD", "POST"]


@require_http_methods(FORM_METHODS)
def key_detail(request: HttpRequest, slug: str, key_id: str) -> HttpResponse:
    """POST sets the monthly limit: a matter of owners and admins."""
    access = page_access(request, slug, "key.view")
    key = key_of(access, key_id)
    if request.method == "POST" and not access.can("key.manage_all"):
        raise Forbidden
    form = KeyLimitForm(request.POST if request.method == "POST" else None, key=key)
    if request.method == "POST" and form.is_valid():
        api_key_limit_set(key=key, monthly_limit=form.cleaned_data["monthly_limit"], actor=access.actor)
        messages.success(request, f"The limit of {key.name} is saved.")
        return redirect("workspaces:key", slug, key.pk)
    now = utc_now()
    days = usage_days(key, now.date())
    root = key.root_id or key.pk
    used, held = spending_this_month(access.workspace.pk, "key", [root]).get(root, (0, 0))
    context = {
        **_context(access, key),
        "form": form,
        "may_limit": access.can("key.manage_all"),
        "may_rotate": _may_rotate(access, key) and _is_live(key) and is_newest(key),
        "family": [each for each in family_of(key) if each.pk != key.pk],
        "used": used,
        "held": held,
        "days": days,
        "requests": sum(day.requests for day in days),
        "publishes": sum(day.publishes for day in days),
        "now": now,
    }
    return render(request, "workspaces/key.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_variables("secret")
@require_http_methods(FORM_METHODS)
def key_rotate(request: HttpRequest, slug: str, key_id: str) -> HttpResponse:
    """The answer to the POST shows the new key, once. Nobody gets a key that acts as somebody else."""
    access = page_access(request, slug, "key.view")
    key = key_of(access, key_id)
    if not _may_rotate(access, key):
        raise Forbidden
    form = KeyRotateForm(request.POST if request.method == "POST" else None)
    context = {**_context(access, key), "form": form, "is_ended": not (_is_live(key) and is_newest(key))}
    if request.method == "POST" and form.is_valid():
        try:
            following, secret = api_key_rotate(
                key=key, rotated_by=access.user, overlap_hours=form.cleaned_data["overlap"], actor=access.actor
            )
        except (KeyEnded, KeyLimitReached) as refused:
            form.add_error(None, refused.message)
        else:
            words = OVERLAP_WORDS[form.cleaned_data["overlap"]]
            created = {**context, "key": following, "secret": secret, "old": key, "overlap_words": words}
            return render(request, "workspaces/key_created.html", created)
    return render(request, "workspaces/key_rotate.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_variables()
@sensitive_post_parameters("text")
@require_http_methods(FORM_METHODS)
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Finds keys and share tokens in a text and says whose they are, as far as the person may know; never shows it."""
    access = page_access(request, slug, "key.view")
    form = KeyCheckForm(request.POST if request.method == "POST" else None)
    checks = None
    if request.method == "POST" and form.is_valid():
        checks = [key_check(secret, access.user) for secret in secrets_in(form.cleaned_data["text"])]
        form = KeyCheckForm()
    context = {"access": access, "nav": "keys", "form": form, "checks": checks, "now": utc_now()}
    return render(request, "workspaces/key_check.html", context, status=422 if form.errors else 200)


def _context(access: WorkspaceAccess, key: APIKey) -> dict[str, Any]:
    return {"access": access, "nav": "keys", "key": key}


def _may_rotate(access: WorkspaceAccess, key: APIKey) -> bool:
    return key.user_id == access.user.pk if key.user_id else access.can("key.manage_all")


def _is_live(key: APIKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > utc_now())
