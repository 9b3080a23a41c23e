"""Device login for programs: `/auth/device/code` and `/auth/device/token`, as the opencode agent asks for them.

JSON in and out, no cookies. Errors of the protocol have OAuth's form; every other refusal has the form of the console's
denials.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from accounts.errors import AuthorizationPending, ClientUnknown, GrantTypeUnknown, OAuthRefusal, RequestInvalid
from accounts.services.device_logins import device_login_poll, device_login_start
from accounts.services.device_tokens import DeviceTokens, device_tokens_refresh
from opencode.lib.errors import Denial, MethodNotAllowed, TooManyRequests
from opencode.lib.http import client_ip, denial_response, rate_address, request_id_of
from opencode.lib.ratelimits import rate_count

CLIENT_ID: Final = "opencode-cli"
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_GRANT: Final = "refresh_token"
BODY_BYTES: Final = 8192

Call = Callable[[HttpRequest, dict[str, Any]], HttpResponse]


def _oauth(call: Call) -> Callable[[HttpRequest], HttpResponse]:
    """Make a view of a POST with a JSON object from a known client; refusals are JSON, never pages or redirects."""

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        try:
            if request.method != "POST":
                raise MethodNotAllowed("This address takes POST.")
            response = call(request, _fields(request))
        except OAuthRefusal as refusal:
            answer = {"error": refusal.error, "error_description": refusal.description}
            response = JsonResponse(answer, status=400)
            # A waiting agent is refused every two seconds; Django would log a warning for each.
            response._has_been_logged = isinstance(refusal, AuthorizationPending)  # type: ignore[attr-defined]
        except Denial as denial:
            response = denial_response(denial, request_id_of(request))
        response["Cache-Control"] = "no-store"
        return response

    return view


@_oauth
def device_code(request: HttpRequest, fields: dict[str, Any]) -> HttpResponse:
    """RFC 8628 3.1 and 3.2: the codes of a new login.

    `verification_uri_complete` is a path only, because the agent puts the server's address before it.
    """
    ip = client_ip(request)
    rate = rate_count("device-code", rate_address(ip), limit=settings.DEVICE_CODES_PER_MINUTE, seconds=60)
    if rate.is_exceeded:
        raise TooManyRequests(retry_after=rate.reset_seconds, limit=rate.limit)
    started = device_login_start(ip=ip, user_agent=request.headers.get("User-Agent", ""))
    path = reverse("device")
    return JsonResponse(
        {
            "device_code": started.device_code,
            "user_code": started.user_code,
            "verification_uri": f"{settings.PUBLIC_URL}{path}",
            "verification_uri_complete": f"{path}?user_code={started.user_code}",
            "expires_in": started.expires_in,
            "interval": started.interval,
        }
    )


@_oauth
@sensitive_variables("tokens", "fields")
def device_token(request: HttpRequest, fields: dict[str, Any]) -> HttpResponse:
    """RFC 8628 3.4 and RFC 6749 6: exchange a device code or a refresh token for tokens."""
    if fields.get("grant_type") == DEVICE_GRANT:
        tokens = device_login_poll(
            device_code=_text(fields, "device_code"),
            ip=client_ip(request),
            user_agent=request.headers.get("User-Agent", ""),
            request_id=request_id_of(request),
        )
    elif fields.get("grant_type") == REFRESH_GRANT:
        tokens = device_tokens_refresh(refresh_token=_text(fields, "refresh_token"), ip=client_ip(request))
    else:
        raise GrantTypeUnknown
    return _answer(tokens)


def _answer(tokens: DeviceTokens) -> HttpResponse:
    return JsonResponse(
        {
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in,
        }
    )


def _fields(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body, whatever its Content-Type says. Raises RequestInvalid, ClientUnknown."""
    try:
        fields = json.loads(request.read(BODY_BYTES))
    except (ValueError, RecursionError):
        raise RequestInvalid from None
    if not isinstance(fields, dict):
        raise RequestInvalid
    if fields.get("client_id") != CLIENT_ID:
        raise ClientUnknown
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise RequestInvalid
    return value
