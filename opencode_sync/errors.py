"""What a client of `opencode.sync.v1` raises."""


class SyncEnded(Exception):
    """The server will not have this client, and coming back is of no use.

    `code` is the WebSocket's close code or, when the handshake was refused, the HTTP status; `reason` is the server's
    word for it.
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
    """An update is missing: the connection has to be made again from the last position."""
