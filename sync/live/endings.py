"""Why connections end: the close code of each fact, and the denial for connections that lost their right by it."""

from collections.abc import Mapping
from typing import Final

from opencode.lib.errors import CredentialsInvalid, Denial, Forbidden
from sync.errors import SessionGone
from sync.protocol.closing import CloseCode

SHARE_ENDED: Final = CloseCode.SESSION_REMOVED
KEY_ENDED: Final = CloseCode.NOT_SIGNED_IN
MEMBERSHIP_ENDED: Final = CloseCode.FORBIDDEN
DEVICE_ENDED: Final = CloseCode.NOT_SIGNED_IN
BROWSER_ENDED: Final = CloseCode.NOT_SIGNED_IN
WORKSPACE_CLOSED: Final = CloseCode.SESSION_REMOVED
# The masked history and the original have epochs of their own: a reader starts again with the other's whole state.
MASKING_CHANGED: Final = CloseCode.EPOCH_CHANGED

RESTART_SECONDS: Final = 1.0
"""How long clients should wait before they reconnect after a restart."""
LAST_WORDS_SECONDS: Final = 5.0
"""How long sending the last frames to a slow client may take before its connection is cut."""

_REFUSALS: Final[Mapping[CloseCode, type[Denial]]] = {
    CloseCode.NOT_SIGNED_IN: CredentialsInvalid,
    CloseCode.FORBIDDEN: Forbidden,
    CloseCode.SESSION_REMOVED: SessionGone,
}


def takes_right(code: CloseCode) -> bool:
    """Whether this code means that the client may no longer read or write; with any other it may reconnect."""
    return code in _REFUSALS


def refusal_of(code: CloseCode) -> Denial | None:
    """The denial for a client that goes on after this code; None when the code takes no right away."""
    return _REFUSALS[code]() if code in _REFUSALS else None
