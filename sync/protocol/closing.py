"""Why a socket is closed: the close codes, by which clients decide whether to reconnect."""

from enum import IntEnum
from typing import Final


class CloseCode(IntEnum):
    """WebSocket close codes of `opencode.sync.v1`."""

    NORMAL = 1000
    RESTART = 1012
    BAD_FRAME = 4400
    NOT_SIGNED_IN = 4401
    FORBIDDEN = 4403
    NO_SUCH_SESSION = 4404
    SILENT_CLIENT = 4408
    EPOCH_CHANGED = 4409
    SESSION_REMOVED = 4410
    TOO_LARGE = 4413
    TOO_FAST = 4429


_BY_STATUS: Final = {
    401: CloseCode.NOT_SIGNED_IN,
    403: CloseCode.FORBIDDEN,
    404: CloseCode.NO_SUCH_SESSION,
    410: CloseCode.SESSION_REMOVED,
    413: CloseCode.TOO_LARGE,
    429: CloseCode.TOO_FAST,
    503: CloseCode.RESTART,
}


def close_code_of(status: int) -> CloseCode:
    """The close code for a refusal with this HTTP status."""
    return _BY_STATUS.get(status, CloseCode.BAD_FRAME)
