"""What a signed-in agent asks at its start: who it is, which workspaces there are, what its configuration is.

An agent's `org` is a workspace. JSON only: no cookies, no pages, no redirects.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from accounts.models import User
from opencode.lib.errors import CredentialsMissing, Denial, MethodNotAllowed, NotFound
from opencode.lib.http import bearer_of, client_ip, denial_response, request_id_of
from workspaces.access import DeviceAccess, device_access
from workspaces.errors import OrgMissing
from workspaces.selectors.configurations import config_served
from workspaces.selectors.workspaces import orgs_of_device

Call = Callable[[HttpRequest, DeviceAccess], HttpResponse]


def _for_devices(call: Call) -> Callable[[HttpRequest], HttpResponse]:
    @csrf_exempt
    @wraps(call)
    def view(request: HttpRequest) -> HttpResponse:
        try:
            if request.method not in {"GET", "HEAD"}:
                raise MethodNotAllowed("This address takes GET.")
            response = call(request, _access(request))
        except Denial as denial:
            return denial_response(denial, request_id_of(request))
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    return view


@sensitive_variables("token")
def _access(request: HttpRequest) -> DeviceAccess:
    token = bearer_of(request)
    if not token:
        raise CredentialsMissing("Send the agent's access token in the Authorization header.")
    return device_access(
        token,
        request.headers.get("X-Org-Id", "")[:30],
        ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        request_id=request_id_of(request),
    )


@_for_devices
def user(request: HttpRequest, access: DeviceAccess) -> HttpResponse:
    person = User.objects.get(pk=access.user_id)
    return JsonResponse({"id": person.pk, "email": person.email})


@_for_devices
def orgs(request: HttpRequest, access: DeviceAccess) -> HttpResponse:
    """The workspaces of the person, the one they chose for this agent first: at the login the agent takes the first."""
    found = orgs_of_device(access.device_id, access.user_id)
    return JsonResponse([{"id": workspace.pk, "name": workspace.name} for workspace in found], safe=False)


@_for_devices
def config(request: HttpRequest, access: DeviceAccess) -> HttpResponse:
    """`{"config": …}`: what admins wrote, over the models there are for this person; 404 without any, which agents
    read as none.
    """
    if not request.headers.get("X-Org-Id"):
        raise OrgMissing
    access.require("config.view")
    served = config_served(access.workspace_id, access.user_id, access.role)
    if not served.body:
        raise NotFound("This workspace has no managed configuration.")
    response = get_conditional_response(request, etag=served.etag) or HttpResponse(
        f'{{"config":{served.body}}}', content_type="application/json"
    )
    response["ETag"] = served.etag
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def well_known(request: HttpRequest) -> HttpResponse:
    """For `opencode auth login <this server>`, which would run the command it finds here: there is none, on purpose."""
    return JsonResponse({"config": {}, "login": f"opencode console login {settings.PUBLIC_URL}"})
