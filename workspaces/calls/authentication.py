"""How a caller of the JSON API proves who they are: an API key, an agent's token, the cookie of a page of ours."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from accounts.credentials import is_device_token
from accounts.models import User
from opencode.lib.errors import CredentialsInvalid, CsrfFailed
from opencode.lib.http import client_ip, request_id_of
from workspaces.access import device_access, key_access
from workspaces.calls.callers import Caller
from workspaces.calls.rates import count_caller


class BearerToken(HttpBearer):
    """`Authorization: Bearer …`, an API key or a signed-in agent's token.

    An invalid header is refused, even with a valid cookie beside it.
    """

    def __call__(self, request: HttpRequest) -> Caller | None:
        value = request.headers.get(self.header)
        if value is None:
            return None
        scheme, _, token = value.partition(" ")
        if scheme.lower() != self.openapi_scheme:
            raise CredentialsInvalid
        return self.authenticate(request, token.strip())

    @sensitive_variables("token")
    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        caller = _agent(request, token) if is_device_token(token) else _program(request, token)
        return count_caller(request, caller)


class SignInCookie(APIKeyCookie):
    """A person's cookie. A request that changes something also needs the header `X-CSRFToken` of one of our pages."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Caller | None:
        return self.authenticate(request, request.COOKIES.get(self.param_name))

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        if key is None or not isinstance(request.user, User):
            return None
        if check_csrf(request) is not None:
            raise CsrfFailed
        caller = Caller(user=request.user, ip=client_ip(request), request_id=request_id_of(request))
        return count_caller(request, caller)


def _program(request: HttpRequest, token: str) -> Caller:
    ip = client_ip(request)
    return Caller(key=key_access(token, ip=ip), ip=ip, request_id=request_id_of(request))


def _agent(request: HttpRequest, token: str) -> Caller:
    ip, request_id = client_ip(request), request_id_of(request)
    agent = request.headers.get("User-Agent", "")
    device = device_access(token, ip=ip, user_agent=agent, request_id=request_id)
    return Caller(user=User.objects.get(pk=device.user_id), device=device, ip=ip, request_id=request_id)


AUTHENTICATION: Final = (BearerToken(), SignInCookie())
