"""Signing an agent in by its code, and the list of signed-in agents."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import DeviceCodeUnknown, DeviceLimitReached
from accounts.forms.devices import DeviceAnswerForm, DeviceCodeForm
from accounts.models import Device, DeviceLogin, User
from accounts.selectors.devices import devices_of, waiting_login
from accounts.services.device_logins import device_login_approve, device_login_deny
from accounts.services.devices import device_revoke
from accounts.usercodes import read_user_code
from opencode.lib.errors import NotFound, TooManyRequests
from opencode.lib.http import client_ip, person_of
from opencode.lib.ratelimits import rate_count


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """A code, typed or from the agent's link, shows which agent asks; only the person's answer signs it in."""
    typed = (request.POST if request.method == "POST" else request.GET).get("user_code", "")
    if request.method != "POST" and not typed:
        return render(request, "accounts/device_code.html", {"form": DeviceCodeForm()})
    _count_guess(request)
    login = waiting_login(typed)
    if login is None:
        return _code_page(request, typed)
    if request.method == "POST" and "decision" in request.POST:
        return _answer(request, login, typed)
    return _confirm_page(request, login, typed, DeviceAnswerForm(initial={"name": _name_of(login)}))


@require_safe
@login_required
def device_list(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    context = {"devices": devices_of(request.user)[: settings.DEVICES_OF_ONE_PERSON]}
    return render(request, "accounts/devices.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_end(request: HttpRequest, device_id: str) -> HttpResponse:
    """GET asks, naming the device; POST revokes it."""
    assert isinstance(request.user, User)
    found: Device | None = devices_of(request.user).filter(pk=device_id).first()
    if found is None:
        raise NotFound
    if request.method == "POST":
        device_revoke(device=found, actor=person_of(request))
        messages.success(request, f"{found.name} is signed out.")
        return redirect("accounts:devices")
    return render(request, "accounts/device_revoke.html", {"device": found})


def _answer(request: HttpRequest, login: DeviceLogin, typed: str) -> HttpResponse:
    assert isinstance(request.user, User)
    form = DeviceAnswerForm(request.POST)
    try:
        if request.POST["decision"] != "approve":
            device_login_deny(user_code=typed, user=request.user)
            return render(request, "accounts/device_answered.html", {"is_in": False})
        if form.is_valid():
            device_login_approve(user_code=typed, user=request.user, **form.cleaned_data)
            return render(request, "accounts/device_answered.html", {"is_in": True})
    except DeviceCodeUnknown:
        return _code_page(request, typed)
    except DeviceLimitReached as limit:
        form.add_error(None, limit.message)
    return _confirm_page(request, login, typed, form)


def _code_page(request: HttpRequest, typed: str) -> HttpResponse:
    form = DeviceCodeForm({"user_code": typed})
    if form.is_valid():
        form.add_error("user_code", DeviceCodeUnknown.default_message)
    return render(request, "accounts/device_code.html", {"form": form}, status=422)


def _confirm_page(request: HttpRequest, login: DeviceLogin, typed: str, form: DeviceAnswerForm) -> HttpResponse:
    context: dict[str, Any] = {
        "login": login,
        "form": form,
        "user_code": read_user_code(typed),
        "own_ip": client_ip(request),
        "current_slug": request.session.get("current_workspace", ""),
    }
    return render(request, "accounts/device_confirm.html", context, status=422 if form.errors else 200)


def _count_guess(request: HttpRequest) -> None:
    """Count every code, right or wrong: past the limit, even a right code is refused. Raises TooManyRequests."""
    rate = rate_count("device-guess", str(request.user.pk), limit=settings.DEVICE_GUESSES_PER_MINUTE, seconds=60)
    if rate.is_exceeded:
        raise TooManyRequests("Too many codes tried; wait a moment.", retry_after=rate.reset_seconds, limit=rate.limit)


def _name_of(login: DeviceLogin) -> str:
    return f"{(login.agent or 'agent').partition('/')[0]} on {login.ip}"[:80]
