"""The Connect page: how an agent, a build server or a program reaches this workspace, and whether it has arrived."""

import shlex
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from gateway.forms.connect import SCOPES_OF, KeyForm, TokenForm
from gateway.providers.snippets import KEY_VARIABLE, snippets
from gateway.selectors.callable import callable_models
from gateway.selectors.connecting import Way, connected, devices_shown
from gateway.selectors.offered import gateway_url
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial
from workspaces.access import WorkspaceAccess, page_access, workspace_access
from workspaces.models import APIKey, ShareToken
from workspaces.selectors.agentconfig import agent_config
from workspaces.services.api_keys import api_key_create
from workspaces.services.share_tokens import share_token_create

CREDENTIAL_DAYS: Final = 90
WATCH_MINUTES: Final = 15
"""How long a page asks by itself whether its agent has arrived."""
_PERMISSIONS: Final = {Way.LOGIN: "workspace.view", Way.TOKEN: "token.manage", Way.KEY: "key.create"}


@never_cache
@sensitive_variables("secret", "command")
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """All ways to connect; POST makes the share token or the key of one, which the answer alone shows."""
    way = _way(request.POST.get("way") or request.GET.get("way"))
    is_post = request.method == "POST"
    access = page_access(request, slug, _PERMISSIONS[way] if is_post else "workspace.view")
    made: dict[str, Any] = {}
    token_form, key_form = TokenForm(prefix="token"), KeyForm(prefix="key")
    if is_post and way == Way.TOKEN:
        token_form = TokenForm(request.POST, prefix="token")
        made = _made(access, way, token_form)
    elif is_post and way == Way.KEY:
        key_form = KeyForm(request.POST, prefix="key")
        made = _made(access, way, key_form)
    context = {**_context(request, access, way), "token_form": token_form, "key_form": key_form, **made}
    return render(request, "gateway/connect.html", context, status=422 if token_form.errors or key_form.errors else 200)


@require_safe
def state(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether one way's agent has arrived, for the page that waits: 204 while nothing is new."""
    access = workspace_access(request.user, slug, "workspace.view")
    way, since = _way(request.GET.get("way")), _since(request)
    waited = _state(access, way, request.GET.get("id", ""), since)
    is_new = waited["arrived"] is not None and "arrived" not in request.GET
    if not is_new and not waited["is_over"]:
        return HttpResponse(status=204)
    return render(request, "gateway/connect_state.html", {"access": access, "waited": waited})


def _context(request: HttpRequest, access: WorkspaceAccess, way: Way) -> dict[str, Any]:
    models = callable_models(access.workspace.pk, access.user.pk, access.role)
    since = _since(request)
    asked = request.GET.get("id", "")
    return {
        "access": access,
        "nav": "connect",
        "login_command": f"opencode console login {shlex.quote(settings.PUBLIC_URL)}",
        "devices": devices_shown(access),
        "snippets": snippets(gateway_url(access.workspace.pk), models),
        "has_models": bool(models),
        "key_variable": KEY_VARIABLE,
        "gateway_url": gateway_url(access.workspace.pk),
        "credential_days": CREDENTIAL_DAYS,
        "may_make_token": access.can("token.manage"),
        "login": _state(access, Way.LOGIN, "", since),
        str(way): _state(access, way, asked, since) if asked or way == Way.LOGIN else None,
    }


def _made(access: WorkspaceAccess, way: Way, form: forms.Form) -> dict[str, Any]:
    """The share token or key that a valid form asks for, with what to run; empty with the form's errors otherwise."""
    if not form.is_valid():
        return {}
    now = utc_now()
    shared = {
        "workspace": access.workspace,
        "created_by": access.user,
        "name": form.cleaned_data["name"],
        "actor": access.actor,
        "expires_at": now + timedelta(days=CREDENTIAL_DAYS),
    }
    row: ShareToken | APIKey
    try:
        if way == Way.TOKEN:
            row, secret = share_token_create(**shared)
            config = " ".join(agent_config(secret).split())
            command = f"OPENCODE_CONFIG_CONTENT={shlex.quote(config)} opencode run hello"
        else:
            row, secret = api_key_create(**shared, scopes=SCOPES_OF[form.cleaned_data["use"]])
            command = f"export {KEY_VARIABLE}={secret}"
    except Denial as refusal:
        form.add_error(None, refusal.message)
        return {}
    return {"command": command, str(way): _state(access, way, row.pk, now), f"made_{way}": row}


def _state(access: WorkspaceAccess, way: Way, credential_id: str, since: datetime) -> dict[str, Any]:
    """What the page says of a way that is waited for, and how it asks again; `is_over`: it no longer asks by itself."""
    found = connected(access, way, credential_id, since)
    query = {"way": str(way), "since": str(int(since.timestamp())), **({"id": credential_id} if credential_id else {})}
    seen = {**query, **({"arrived": "1"} if found else {})}
    return {
        "way": str(way),
        "arrived": found,
        "is_over": bool(found and found.session) or utc_now() - since > timedelta(minutes=WATCH_MINUTES),
        "again": f"?{urlencode(query)}#{way}",
        "state_url": f"{reverse('gateway:connect_state', args=[access.workspace.slug])}?{urlencode(seen)}",
    }


def _way(text: str | None) -> Way:
    return next((way for way in Way if way == text), Way.LOGIN)


def _since(request: HttpRequest) -> datetime:
    """The moment from which an agent counts as newly connected: the query's, else now."""
    text = request.GET.get("since", "")
    now = utc_now()
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        return now
    return min(datetime.fromtimestamp(int(text), UTC), now)
