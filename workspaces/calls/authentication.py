"""How a caller of the JSON API shows who they are: an API key, or the sign-in cookie of a page of ours."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from accounts.models import User
from opencode.lib.errors import CredentialsInvalid, CsrfFailed
from opencode.lib.http import request_id_of
from workspaces.access import key_access
from workspaces.calls.callers import Caller
from workspaces.calls.rates import count_caller


class ApiKey(HttpBearer):
    """`Authorization: Bearer oc_live_…`. A header that opens nothing is refused, whatever cookie comes with it."""

    def __call__(self, request: HttpRequest) -> Caller | None:
        value = request.headers.get(self.header)
        if value is None:
            return None
        scheme, _, token = value.partition(" ")
        if scheme.lower() != self.openapi_scheme:
            raise CredentialsInvalid
        return self.authenticate(request, token.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        ip = address_of(request)
        caller = Caller(key=key_access(token, ip=ip), ip=ip, request_id=request_id_of(request))
        return count_caller(request, caller)


class SignInCookie(APIKeyCookie):
    """A person's cookie. What changes something also needs the header `X-CSRFToken` of a page of ours."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Caller | None:
        return self.authenticate(request, request.COOKIES.get(self.param_name))

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        if key is None or not isinstance(request.user, User):
            return None
        if check_csrf(request) is not None:
            raise CsrfFailed
        caller = Caller(user=request.user, ip=address_of(request), request_id=request_id_of(request))
        return count_caller(request, caller)


def address_of(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


AUTHENTICATION: Final = (ApiKey(), SignInCookie())
