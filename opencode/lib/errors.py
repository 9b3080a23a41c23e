"""The denial contract: every refusal, on pages, in JSON and on sockets, is one `Denial` with a stable code."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

HELP_URL: Final = "/docs/errors#{code}"


class Denial(Exception):
    """A refusal that changed nothing. Subclasses fix `code` (stable, snake case) and `status` (HTTP).

    `message` is a sentence for a person; `extra` adds fields such as `limit`, `used`, `resets_at`, `fields`.
    """

    code: ClassVar[str] = "denied"
    status: ClassVar[int] = 400
    default_message: ClassVar[str] = "The request was refused."

    def __init__(self, message: str = "", *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(message or self.default_message)
        self.message = message or self.default_message
        self.retry_after = retry_after
        self.extra: Mapping[str, Any] = extra

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body: `{"error": {"code", "message", "help_url", "request_id", …}}`."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "help_url": HELP_URL.format(code=self.code),
                "request_id": request_id,
                **self.extra,
            }
        }


class BodyMalformed(Denial):
    code = "body_malformed"
    default_message = "The body is not the JSON this address expects."


class BodyTooLarge(Denial):
    code = "body_too_large"
    status = 413
    default_message = "The body is larger than this address accepts."


class BodyTimedOut(Denial):
    code = "body_timed_out"
    status = 408
    default_message = "The body did not arrive in time."


class HeadersTooLarge(Denial):
    code = "headers_too_large"
    status = 431
    default_message = "The address and headers of this request are larger than the server reads."


class HostUnknown(Denial):
    code = "host_unknown"
    default_message = "This server does not accept the name in the Host header; see OPENCODE_ALLOWED_HOSTS."


class ContentTypeUnsupported(Denial):
    code = "content_type_unsupported"
    status = 415
    default_message = "Send the body as JSON, with Content-Type: application/json."


class CredentialsMissing(Denial):
    code = "credentials_missing"
    status = 401
    default_message = "Sign in, or send a key in the Authorization header."


class CredentialsInvalid(Denial):
    code = "credentials_invalid"
    status = 401
    default_message = "These credentials are not valid."


class Forbidden(Denial):
    code = "forbidden"
    status = 403
    default_message = "Your role does not allow this."


class OriginForbidden(Denial):
    code = "origin_forbidden"
    status = 403
    default_message = "A page of another site may not open this."


class CsrfFailed(Denial):
    code = "csrf_failed"
    status = 403
    default_message = "This form is older than your sign-in, or came from elsewhere; go back, reload and send it again."


class NotFound(Denial):
    code = "not_found"
    status = 404
    default_message = "Page not found, or you don't have access."


class MethodNotAllowed(Denial):
    code = "method_not_allowed"
    status = 405
    default_message = "This address does not accept that method."


class Conflict(Denial):
    code = "conflict"
    status = 409
    default_message = "Someone else changed this first. Reload and try again."


class FieldsInvalid(Denial):
    code = "fields_invalid"
    status = 422
    default_message = "Some fields are not valid."


class TooManyRequests(Denial):
    code = "too_many_requests"
    status = 429
    default_message = "Too many requests; wait a moment."


class InternalError(Denial):
    code = "internal_error"
    status = 500
    default_message = "Something went wrong on our side. Include the request ID when you contact your administrator."


class ServiceUnavailable(Denial):
    code = "service_unavailable"
    status = 503
    default_message = "The server cannot do this right now; try again in a moment."


class BodiesFull(ServiceUnavailable):
    code = "bodies_full"
    default_message = "Too many uploads are in progress from clients that have not signed in; try again in a moment."


class ConnectionsFull(ServiceUnavailable):
    code = "connections_full"
    default_message = "The server has as many open connections as it can serve; try again in a moment."


class DatabaseBusy(ServiceUnavailable):
    """Another request held a lock for longer than a page waits."""

    code = "database_busy"
    default_message = "The database is busy with something else; nothing was changed. Try again in a moment."


class StorageFull(ServiceUnavailable):
    code = "storage_full"
    default_message = "The server's disk is full, so nothing was saved. It continues by itself once there is room."


class NotReady(ServiceUnavailable):
    code = "not_ready"
    default_message = "This process cannot serve yet."


def every_denial() -> list[type[Denial]]:
    """All denial classes known to the process, sorted by code; the page of codes and its test use it."""
    found: dict[str, type[Denial]] = {}
    waiting: list[type[Denial]] = [Denial]
    while waiting:
        kind = waiting.pop()
        for child in kind.__subclasses__():
            found[child.code] = child
            waiting.append(child)
    return [found[code] for code in sorted(found)]
