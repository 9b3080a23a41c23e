"""Where a person is told of what waits: this browser and others, mail; and the script that shows it."""

from pathlib import Path
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.sessionstore import stored_key
from accounts.useragents import device_name
from opencode.lib.errors import NotFound
from steering.errors import PushMalformed
from steering.models import NotificationChoice, PushSubscription
from steering.push import public_key_of
from steering.services.subscriptions import mail_choose, push_key, subscription_add, subscription_remove

WORKER: Final = "js/push-worker.js"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """POST adds this browser, removes one, or chooses mail. Raises PushMalformed, NotFound, TooManyRequests."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        return _change(request, request.user)
    browser = _browser(request)
    subscriptions = PushSubscription.objects.filter(user=request.user).select_related("browser")
    context: dict[str, Any] = {
        "key": public_key_of(push_key()),
        "subscriptions": [
            (each, device_name(each.browser.user_agent), browser is not None and each.browser_id == browser.pk)
            for each in subscriptions
        ],
        "by_mail": NotificationChoice.objects.filter(user=request.user, by_mail=True).exists(),
        "is_secure": settings.PUBLIC_URL.startswith("https:"),
    }
    response = render(request, "steering/notifications.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _change(request: HttpRequest, user: User) -> HttpResponse:
    posted = request.POST
    match posted.get("do"):
        case "add":
            _add(request, user)
        case "remove" if not subscription_remove(user=user, subscription_id=_number(posted.get("id", ""))):
            raise NotFound
        case "mail":
            mail_choose(user=user, by_mail=posted.get("by_mail") == "on")
            messages.success(request, "Saved.")
    return redirect("steering:notifications")


def _add(request: HttpRequest, user: User) -> None:
    browser = _browser(request)
    if browser is None:
        raise PushMalformed
    names = {"url": "url", "public_key": "p256dh", "secret": "auth"}
    fields = {name: request.POST.get(posted, "")[:1000] for name, posted in names.items()}
    subscription_add(user=user, browser=browser, **fields)


def _browser(request: HttpRequest) -> UserSession | None:
    key = stored_key(request.session.session_key or "")
    return UserSession.objects.filter(user=request.user.pk, session_key=key).first()


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root of the console, since it may show pages of all of it."""
    found = finders.find(WORKER) or str(Path(settings.STATIC_ROOT) / WORKER)
    response = HttpResponse(Path(str(found)).read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "private, no-cache"
    return response
