"""What the agent's GitHub action and its installer ask: tokens for a job, and whether the App is installed.

Refusals are `{"error": <a sentence>, "code": …}`, since the action prints `error` to its log. No cookies, no pages.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from opencode.lib.errors import CredentialsMissing, Denial, FieldsInvalid, MethodNotAllowed, TooManyRequests
from opencode.lib.http import REQUEST_ID_HEADER, bearer_of, client_ip, rate_address, request_id_of
from opencode.lib.ratelimits import RateState, rate_count
from workspaces.errors import GithubPersonTokenOff
from workspaces.github.app import github_app
from workspaces.github.installations import installation_of
from workspaces.github.rules import is_owner_served
from workspaces.services.github_exchanges import token_exchange

Call = Callable[[HttpRequest], dict[str, Any]]
NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
# The installer asks once a second for two minutes, until the App is installed.
LOOKUPS: Final = 90
# Of all addresses together: each is a request to GitHub, which counts them for the App.
LOOKUPS_IN_ALL: Final = 60
EXCHANGES: Final = 120
SECONDS: Final = 60


def _answered(method: str, kind: str, limit: int) -> Callable[[Call], Callable[[HttpRequest], HttpResponse]]:
    """The call as a view that takes one method and so many requests of an address in a minute."""

    def decorate(call: Call) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(call)
        def view(request: HttpRequest) -> HttpResponse:
            try:
                if request.method != method:
                    raise MethodNotAllowed(f"This address takes {method}.")
                _count(request, kind, limit)
                response = JsonResponse(call(request))
            except Denial as denial:
                response = JsonResponse({"error": denial.message, "code": denial.code}, status=denial.status)
                if denial.retry_after is not None:
                    response["Retry-After"] = str(denial.retry_after)
            response["Cache-Control"] = "no-store"
            response[REQUEST_ID_HEADER] = request_id_of(request)
            return response

        return view

    return decorate


@_answered("POST", "github-exchange-address", EXCHANGES)
@sensitive_variables("signed")
def exchange(request: HttpRequest) -> dict[str, Any]:
    """`{"token": …}` for the job whose signed token is the bearer."""
    github_app()
    signed = bearer_of(request)
    if not signed:
        raise CredentialsMissing("Send the job's OIDC token in the Authorization header.")
    return {"token": token_exchange(signed)}


@_answered("POST", "github-exchange-address", EXCHANGES)
def exchange_of_person(_request: HttpRequest) -> dict[str, Any]:
    """Left out: it would turn a token that may only read into one that writes."""
    raise GithubPersonTokenOff


@_answered("GET", "github-installation", LOOKUPS)
def installation(request: HttpRequest) -> dict[str, Any]:
    """`{"installation": {…} | null}` of the App on `owner` and `repo`; null too for owners that are not served."""
    app = github_app()
    owner, repository = request.GET.get("owner", ""), request.GET.get("repo", "")
    if not NAME.fullmatch(owner) or not NAME.fullmatch(repository):
        raise FieldsInvalid("Name the repository with owner and repo.")
    if not is_owner_served(app.owners, owner, 0):
        return {"installation": None}
    _require(rate_count("github-installation-all", "", limit=LOOKUPS_IN_ALL, seconds=SECONDS))
    found = installation_of(app, f"{owner}/{repository}")
    return {"installation": found and _shown(found)}


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """What the installer and people need of it."""
    account = found.get("account") or {}
    return {
        "id": found.get("id"),
        "app_slug": found.get("app_slug"),
        "html_url": found.get("html_url"),
        "account": {"id": account.get("id"), "login": account.get("login")},
    }


def _count(request: HttpRequest, kind: str, limit: int) -> None:
    _require(rate_count(kind, rate_address(client_ip(request)), limit=limit, seconds=SECONDS))


def _require(counted: RateState) -> None:
    if counted.is_exceeded:
        raise TooManyRequests(retry_after=counted.reset_seconds)
