"""Refusals of session sync; each leaves everything unchanged."""

from opencode.lib.errors import Conflict, Denial, ServiceUnavailable, TooManyRequests


class SessionGone(Denial):
    code = "session_gone"
    status = 404
    default_message = "There is no such session, or it was removed."


class SessionCold(ServiceUnavailable):
    code = "session_cold"
    default_message = (
        "The session is in cold storage, which does not answer right now. Nothing is lost; try again in a moment."
    )


class SessionFull(Denial):
    code = "session_full"
    status = 413
    default_message = "The session has reached its size limit."


class EntryTooLarge(Denial):
    code = "entry_too_large"
    status = 413
    default_message = "One entry is too large for a session."


class KeyMalformed(Denial):
    code = "key_malformed"
    status = 422
    default_message = "An entry's key must read session/<kind>/<session id>[/<segment>…]."


class KeyForeign(Denial):
    code = "key_foreign"
    default_message = "An entry's key names another session."


class KeyReserved(Denial):
    code = "key_reserved"
    status = 403
    default_message = "Entries of this kind are written and removed by the console alone."


class FrameMalformed(Denial):
    code = "frame_malformed"
    default_message = "A frame must be a JSON text with a known shape."


class FrameTypeUnknown(Denial):
    code = "frame_type_unknown"
    default_message = "This server does not know frames of that type."


class PublishForbidden(Denial):
    code = "publish_forbidden"
    status = 403
    default_message = "This connection may read the session, not write to it."


class RemovalForbidden(Denial):
    code = "removal_forbidden"
    status = 403
    default_message = "Removing entries of someone else's session needs the right to delete sessions."


class WriterBusy(Denial):
    code = "writer_busy"
    status = 503
    default_message = "The server is busy writing; try again in a moment."


class AnonymousSharesLimited(Denial):
    code = "anonymous_shares_limited"
    status = 429
    default_message = "Too many shares were made without an account; sign the agent in, or wait a moment."


class AnonymousSharesOff(Denial):
    code = "anonymous_shares_off"
    status = 403
    default_message = "This server only accepts sessions of a workspace: give the agent your workspace's address."


class ShareIdMissing(Denial):
    code = "share_id_missing"
    default_message = "Name the share in the address: ?id=…"


class UpgradeRequired(Denial):
    code = "upgrade_required"
    status = 426
    default_message = "This address only speaks WebSocket."


class ShareLimitReached(Conflict):
    code = "share_limit_reached"
    default_message = "This session has as many active links as it can have; revoke one first."


class OpenLinksOff(Denial):
    code = "open_links_off"
    status = 403
    default_message = "This workspace allows links for its members only."


class LinkTooLong(Denial):
    code = "link_too_long"
    status = 422
    default_message = "A link of this workspace cannot live that long."


class SocketLimitReached(TooManyRequests):
    code = "socket_limit_reached"
    default_message = "The limit of open connections has been reached; close one or try again later."
