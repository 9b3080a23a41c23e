"""Request ids and the denial contract for Django's part of the server."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from opencode.lib.errors import CredentialsMissing, Denial
from opencode.lib.http import REQUEST_ID_HEADER, denial_response, new_request_id, request_id_of

Handler = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """Gives every request an id: in the answer's header, in each log line, in each denial."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
        response[REQUEST_ID_HEADER] = request_id
        return response


class DenialMiddleware:
    """Turns a `Denial` raised by a view into JSON for programs and a page for people."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Denial):
            return None
        request_id = request_id_of(request)
        if not prefers_html(request):
            return denial_response(exception, request_id)
        if isinstance(exception, CredentialsMissing):
            from django.contrib.auth.views import redirect_to_login

            return redirect_to_login(request.get_full_path())
        context = {"denial": exception, "request_id": request_id}
        return render(request, "console/denial.html", context, status=exception.status)


def prefers_html(request: HttpRequest) -> bool:
    """Browsers name text/html; programs that do not are answered in JSON."""
    return "text/html" in request.headers.get("Accept", "")
