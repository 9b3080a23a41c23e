"""Why accounts refuses."""

from typing import ClassVar

from opencode.lib.errors import Conflict, Forbidden, NotFound


class OwnerLinkInvalid(NotFound):
    code = "owner_link_invalid"
    default_message = (
        "This link has been used, is older than a day, or was replaced by a newer one. "
        "While the console has no owner, manage.py first_owner prints another, and so does every start."
    )


class EmailTaken(Conflict):
    code = "email_taken"
    default_message = "Someone has already signed up with this e-mail address."


class DeviceLimitReached(Conflict):
    code = "device_limit_reached"
    default_message = "You have as many signed-in devices as one person can have; revoke one first."


class DeviceCodeUnknown(NotFound):
    code = "device_code_unknown"
    default_message = "No agent is waiting with this code: it is mistyped, was already used, or has expired."


class AccountHeld(Conflict):
    code = "account_held"
    default_message = "A workspace would lose its last owner; transfer ownership first."


class LastOperatorRemains(Conflict):
    code = "last_operator_remains"
    default_message = "You are the only administrator of this console; make someone else one first."


class StaffProtected(Forbidden):
    code = "staff_protected"
    default_message = "You cannot suspend yourself, and only a superuser can suspend or reinstate staff."


class RestoreLinkInvalid(NotFound):
    code = "restore_link_invalid"
    default_message = "This link was already used, or the account can no longer be restored."


class ExportRunning(Conflict):
    code = "export_running"
    default_message = "An export is already in progress; wait until it is ready."


class ExportLimitReached(Conflict):
    code = "export_limit_reached"
    default_message = "You have reached today's limit of exports; try again tomorrow."


class OAuthRefusal(Exception):
    """A refusal in OAuth's own form (RFC 6749 5.2, RFC 8628 3.5): programs read `error`, people `description`."""

    error: ClassVar[str]
    description: ClassVar[str]


class RequestInvalid(OAuthRefusal):
    error = "invalid_request"
    description = "The body must be JSON with the fields of this grant."


class ClientUnknown(OAuthRefusal):
    error = "invalid_client"
    description = "This server knows no client of that id."


class GrantTypeUnknown(OAuthRefusal):
    error = "unsupported_grant_type"
    description = "This server gives tokens for device codes and refresh tokens."


class GrantInvalid(OAuthRefusal):
    error = "invalid_grant"
    description = "This refresh token is not valid any more; log in again."


class AuthorizationPending(OAuthRefusal):
    error = "authorization_pending"
    description = "Nobody has answered in the browser yet."


class SlowDown(OAuthRefusal):
    error = "slow_down"
    description = "Wait the interval between two questions."


class LoginExpired(OAuthRefusal):
    error = "expired_token"
    description = "The code has run out or was used; start the login again."


class AccessDenied(OAuthRefusal):
    error = "access_denied"
    description = "The person at the browser said no."
