"""The exceptions of a client of `opencode.sync.v1`."""


class SyncEnded(Exception):
    """The server refuses this client for good; connecting again is of no use.

    `code` is the WebSocket's close code or, when the handshake was refused, the HTTP status; `reason` is the server's
    text for it.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{reason or 'refused'} ({code})")
        self.code = code
        self.reason = reason


class SyncRefused(Exception):
    """The server refused a publish, which changed nothing. `code` is stable, `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Gap(Exception):
    """An update is missing: the client must connect again from its last position."""
