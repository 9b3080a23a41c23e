"""Addresses that fail in every way Django knows, answered by the console's own handlers."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from opencode.lib.errors import TooManyRequests
from opencode.urls import handler400, handler403, handler404, handler429, handler500  # noqa: F401


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the inside")


def suspects(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("a secret of the inside")


def denies(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("a secret of the inside")


def hurries(request: HttpRequest) -> HttpResponse:
    raise TooManyRequests(retry_after=30)


urlpatterns = [
    path("breaks", breaks),
    path("suspects", suspects),
    path("denies", denies),
    path("hurries", hurries),
    path("", include("opencode.urls")),
]
