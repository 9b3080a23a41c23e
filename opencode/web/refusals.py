"""Responses to refused requests: a page for people, JSON for programs; for Django's own errors too."""

import re
import sys
from http import HTTPStatus
from typing import Final

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

BUSY_SECONDS: Final = 5
"""How long a person who met a locked database is asked to wait."""
SECRET_FIELD: Final = re.compile(r"password|code|secret|credential", re.IGNORECASE)


def prefers_html(request: HttpRequest) -> bool:
    """Whether to answer with a page: browsers accept text/html. Other programs and the JSON API's callers get JSON."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/")


def refusal(request: HttpRequest, denial: Denial) -> HttpResponse:
    """The response to `denial`. The page is rendered without context processors: it must work without a database."""
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
    }
    response = HttpResponse(render_to_string("console/denial.html", context), status=denial.status)
    response["Cache-Control"] = "no-store"
    if denial.retry_after is not None:
        response["Retry-After"] = str(denial.retry_after)
    return response


def typed_fields(request: HttpRequest, denial: Denial) -> list[tuple[str, str]]:
    """The fields of a form refused through no fault of the person's, for sending it again; secrets come back empty.

    Another site's page gains nothing: the form's own anti-forgery token is returned as it was sent, and checked again.
    """
    if request.method != "POST" or denial.status < HTTPStatus.TOO_MANY_REQUESTS:
        return []
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except Exception:  # the body itself may be why the request was refused
        return []
    return [(name, "" if SECRET_FIELD.search(name) else value) for name, value in fields]


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
