"""Request ids and the denial contract for Django's part of the server."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from opencode.lib.errors import Denial, NotFound
from opencode.lib.http import REQUEST_ID_HEADER, new_request_id
from opencode.moves import moved_page
from opencode.refusals import refusal

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
    """Turns a `Denial` raised by a view into JSON for programs and a page for people.

    A page that is not found, but was at this address until its workspace got another slug, is led to instead.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Denial):
            return None
        moved = moved_page(request) if isinstance(exception, NotFound) else None
        return moved or refusal(request, exception)
