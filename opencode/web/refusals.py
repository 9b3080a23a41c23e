"""Answers to refused requests: a page for people, the denial contract for programs; Django's own errors included."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from opencode.lib.errors import (
    BodyMalformed,
    BodyTooLarge,
    CredentialsMissing,
    CsrfFailed,
    Denial,
    Forbidden,
    InternalError,
    NotFound,
    TooManyRequests,
)
from opencode.lib.http import denial_response, request_id_of
from opencode.lib.theme import theme_of


def prefers_html(request: HttpRequest) -> bool:
    """Browsers name text/html; programs that do not, and the JSON API's callers, are answered in JSON."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/")


def refusal(request: HttpRequest, denial: Denial) -> HttpResponse:
    """The answer to `denial`. The page is rendered without context processors: it must work without a database."""
    request_id = request_id_of(request)
    if not prefers_html(request):
        return denial_response(denial, request_id)
    if isinstance(denial, CredentialsMissing):
        return redirect_to_login(request.get_full_path())
    context = {"denial": denial, "request_id": request_id, "theme": theme_of(request)}
    response = HttpResponse(render_to_string("console/denial.html", context), status=denial.status)
    response["Cache-Control"] = "no-store"
    if denial.retry_after is not None:
        response["Retry-After"] = str(denial.retry_after)
    return response


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
    return refusal(request, InternalError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return refusal(request, CsrfFailed())
