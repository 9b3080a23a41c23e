"""Request ids, the denial contract and rules of the JSON API, for Django's part of the server."""

import hashlib
from collections.abc import Callable
from typing import Final

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag, url_has_allowed_host_and_scheme

from opencode.lib.errors import ContentTypeUnsupported, Denial, MethodNotAllowed, NotFound
from opencode.lib.http import REQUEST_ID_HEADER, denial_response, new_request_id, request_id_of
from opencode.web.jsonapi import PREFIX
from opencode.web.moves import moved_page
from opencode.web.refusals import prefers_html, refusal
from workspaces.calls.rates import count_address, set_rate_headers

JSON: Final = "application/json"
HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
Handler = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """Gives every request an id, which is in the response's header, in each log line and in each denial."""

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


class LeavingMiddleware:
    """Redirects a form to another site by a page of its own: browsers apply `form-action` to a form's redirects too."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method != "POST" or not isinstance(response, HttpResponseRedirect) or not prefers_html(request):
            return response
        if url_has_allowed_host_and_scheme(response.url, {request.get_host()}):
            return response
        page = render(request, "console/leaving.html", {"address": response.url})
        page.cookies.update(response.cookies)
        page["Cache-Control"] = "no-store"
        return page


class HeadersMiddleware:
    """Default headers for browsers and caches on every response that does not set its own."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response


class DenialMiddleware:
    """Turns a `Denial` raised by a view into JSON for programs and a page for people.

    A page that is not found, but existed at this address before its workspace's slug changed, is redirected. Django's
    own empty answer to a wrong method becomes a refusal too.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.path_info.startswith(f"/{PREFIX}"):
            return response
        refused = refusal(request, MethodNotAllowed())
        refused["Allow"] = response["Allow"]
        return refused

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Denial):
            return None
        moved = moved_page(request) if isinstance(exception, NotFound) else None
        return moved or refusal(request, exception)


class JSONAPIMiddleware:
    """Shared by all of `/api/v1`, unknown addresses too: rate limits, cache tags, the refusal of a wrong method."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(f"/{PREFIX}"):
            return self.get_response(request)
        try:
            count_address(request)
            # Forms are refused before they are parsed: pages of other sites can send only forms.
            if request.content_type not in {"", JSON}:
                raise ContentTypeUnsupported
            response = self._answer(request)
        except Denial as denial:
            response = denial_response(denial, request_id_of(request))
        set_rate_headers(request, response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405:
            refused = denial_response(MethodNotAllowed(), request_id_of(request))
            refused["Allow"] = response["Allow"]
            return refused
        if request.method not in {"GET", "HEAD"} or response.status_code != 200:
            response["Cache-Control"] = "no-store"
            return response
        assert isinstance(response, HttpResponse)
        etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
        tagged = get_conditional_response(request, etag=etag, response=response) or response
        tagged["ETag"] = etag
        tagged["Cache-Control"] = "private, no-cache"
        return tagged
