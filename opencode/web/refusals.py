"""Responses to refused requests: a page for people, JSON for programs; for Django's own errors too."""

import sys
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from opencode.lib.bounds import is_lock_wait_over
from opencode.lib.errors import (
    BodyMalformed,
    BodyTooLarge,
    CredentialsMissing,
    CsrfFailed,
    DatabaseBusy,
    Denial,
    Forbidden,
    InternalError,
    NotFound,
    TooManyRequests,
)
from opencode.lib.http import denial_response, request_id_of
from opencode.lib.theme import theme_of
from opencode.web.typed import is_our_fault, typed_fields

log = structlog.get_logger(__name__)

BUSY_SECONDS: Final = 5
"""How long a person who met a locked database is asked to wait."""


def prefers_html(request: HttpRequest) -> bool:
    """Whether to answer with a page: browsers accept text/html. Other programs and the JSON API's callers get JSON."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/")


def refusal(request: HttpRequest, denial: Denial) -> HttpResponse:
    """The response to `denial`: within the person's workspace where that can be had, else a page that asks for nothing.

    Pages of failures never touch the database, which may be what failed.
    """
    request_id = request_id_of(request)
    if not prefers_html(request):
        return denial_response(denial, request_id)
    if isinstance(denial, CredentialsMissing):
        return redirect_to_login(request.get_full_path())
    context = {
        "denial": denial,
        "heading": HTTPStatus(denial.status).phrase.capitalize(),
        "request_id": request_id,
        "theme": theme_of(request),
        "typed": typed_fields(request, denial),
        "again": request.get_full_path(),
        "is_signed_in": settings.SESSION_COOKIE_NAME in request.COOKIES,
    }
    response = HttpResponse(_page(request, denial, context), status=denial.status)
    response["Cache-Control"] = "no-store"
    if denial.retry_after is not None:
        response["Retry-After"] = str(denial.retry_after)
    return response


def _page(request: HttpRequest, denial: Denial, context: dict[str, Any]) -> str:
    if not is_our_fault(denial) and getattr(request, "user", None) is not None:
        try:
            return render_to_string("console/denial.html", context, request)
        except Exception:
            log.exception("refusal_without_shell", code=denial.code)
    return render_to_string("console/denial.html", context)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return refusal(request, BodyTooLarge(limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    return refusal(request, BodyMalformed("The server could not read this request."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, Forbidden())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, NotFound())


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return refusal(request, TooManyRequests())


def server_error(request: HttpRequest) -> HttpResponse:
    """Called by Django while it handles an exception of a view or a middleware."""
    if is_lock_wait_over(sys.exc_info()[1]):
        return refusal(request, DatabaseBusy(retry_after=BUSY_SECONDS))
    return refusal(request, InternalError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return refusal(request, CsrfFailed())
