"""Why connections end: the close code of each fact, and what is answered to those it took the right from."""

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

RESTART_SECONDS: Final = 1.0
"""When to come back after a restart."""
LAST_WORDS_SECONDS: Final = 5.0
"""How long a client may hold up the word that it is over, before its connection is cut."""

_REFUSALS: Final[Mapping[CloseCode, type[Denial]]] = {
    CloseCode.NOT_SIGNED_IN: CredentialsInvalid,
    CloseCode.FORBIDDEN: Forbidden,
    CloseCode.SESSION_REMOVED: SessionGone,
}


def takes_right(code: CloseCode) -> bool:
    """Whether whoever is closed with this may neither read nor write any longer; else they may come back."""
    return code in _REFUSALS


def refusal_of(code: CloseCode) -> Denial | None:
    """What is answered to whoever goes on after such an end; None when the end takes no right."""
    return _REFUSALS[code]() if code in _REFUSALS else None
