"""Signing in by a provider, where the provider is configured."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.models import SocialApp
from django.http import HttpRequest, HttpResponse

from opencode.lib.errors import NotFound

View = Callable[..., HttpResponse]


def if_set_up(view: View) -> View:
    """allauth's view; NotFound where the settings do not name the provider."""

    @wraps(view)
    def checked(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            return view(request, **arguments)
        except SocialApp.DoesNotExist as missing:
            raise NotFound from missing

    return checked
