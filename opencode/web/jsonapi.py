"""The JSON API `/api/v1`: every app's operations in one API, with refusals under the denial contract."""

from functools import cache
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from billing import api as billing_api
from opencode.lib.errors import BodyMalformed, BodyTooLarge, CredentialsMissing, Denial, FieldsInvalid, NotFound
from opencode.lib.http import denial_response, request_id_of
from sync import api as sync_api
from workspaces import api as workspaces_api
from workspaces.calls.authentication import AUTHENTICATION

VERSION: Final = "1"
PREFIX: Final = "api/v1/"
DESCRIPTION: Final = (
    "People, workspaces, keys, usage, sessions and their links, as the pages have them. Send an API key as "
    '`Authorization: Bearer oc_live_…`. Every refusal reads `{"error": {"code", "message", "help_url", '
    '"request_id"}}`; `/docs/errors` lists the codes.'
)

api = NinjaAPI(
    title="opencode console",
    version=VERSION,
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    auth=AUTHENTICATION,
    urls_namespace="api",
)
for prefix, tag, router in (*workspaces_api.ROUTERS, *billing_api.ROUTERS, *sync_api.ROUTERS):
    api.add_router(prefix, router, tags=[tag])


@cache
def api_description() -> dict[str, Any]:
    """The OpenAPI description; it does not change while the process lives."""
    return dict(api.get_openapi_schema())


@api.exception_handler(Denial)
def refuse(request: HttpRequest, denial: Denial) -> HttpResponse:
    return denial_response(denial, request_id_of(request))


@api.exception_handler(ValidationError)
def refuse_fields(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The denial for invalid fields: by field, in the words of the failed check."""
    fields: dict[str, list[str]] = {}
    for one in error.errors:
        fields.setdefault(_field_of(one["loc"]), []).append(_words_of(one))
    return refuse(request, FieldsInvalid(fields=fields))


@api.exception_handler(AuthenticationError)
def refuse_strangers(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return refuse(request, CredentialsMissing())


@api.exception_handler(HttpError)
def refuse_body(request: HttpRequest, _error: HttpError) -> HttpResponse:
    """The denial for the framework's own error: a body that is not JSON."""
    return refuse(request, BodyMalformed())


@api.exception_handler(RequestDataTooBig)
def refuse_large_body(request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    return refuse(request, BodyTooLarge())


@api.exception_handler(Http404)
def refuse_unknown(request: HttpRequest, _error: Http404) -> HttpResponse:
    return refuse(request, NotFound())


def _field_of(place: tuple[Any, ...]) -> str:
    """`name` for `("body", "new", "name")`, `limit` for `("query", "limit")`; `body` for the body as a whole."""
    source, *names = place
    inner = names[1:] if source == "body" else names
    return ".".join(map(str, inner)) or str(source)


def _words_of(error: dict[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")
