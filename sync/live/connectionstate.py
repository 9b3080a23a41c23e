"""One connection as a state machine: what its client may still ask, what waits to be sent, why it ends.

Pure: frames go in and come out as text, the time is passed in, in seconds; the caller does the sending.
"""

from collections import deque
from typing import Final, NamedTuple

from opencode.lib.errors import Denial, TooManyRequests
from sync.live.endings import takes_right
from sync.protocol.closing import CloseCode
from sync.protocol.frames import ack_text, error_text
from sync.protocol.pacing import Strikes
from sync.protocol.requests import ClientRequest, FrameRefused, read_request
from sync.protocol.updates import PublishReceipt

IN_FLIGHT: Final = 256
"""Back-pressure: how many publishes may wait for their outcome, and how many answers for the client to read them."""
# Refusals that mean the other side does not speak the protocol: the connection ends after them.
_FATAL: Final = {"frame_malformed": CloseCode.BAD_FRAME, "frame_too_large": CloseCode.TOO_LARGE}


class FrameLimits(NamedTuple):
    """Characters of a frame, bytes of an entry, and refused publishes in a row before the connection ends."""

    frame: int
    entry: int
    refusals: int


class ConnectionState:
    """Begins open. Once ended it takes nothing more from the client and keeps the first reason."""

    def __init__(self, client_id: str, limits: FrameLimits) -> None:
        """`client_id` is the session's, which every key must name."""
        self.closing: CloseCode | None = None
        self.in_flight = 0
        self._client_id = client_id
        self._limits = limits
        self._strikes = Strikes()
        self._outbox: deque[str] = deque()

    # --- from the client

    def receive(self, text: str | None) -> ClientRequest | None:
        """The request in the client's frame, None when the connection has ended. Raises FrameRefused."""
        if self.closing is not None:
            return None
        if text is None:
            raise FrameRefused("frame_malformed", "frames are text, not binary")
        if len(text) > self._limits.frame:
            raise FrameRefused("frame_too_large", f"a frame holds at most {self._limits.frame} bytes")
        return read_request(text, self._client_id, self._limits.entry)

    def refuse(self, refused: FrameRefused) -> CloseCode | None:
        """Queue the error for a refused frame; the code to close with if the client does not speak the protocol."""
        self.put(error_text(refused.code, refused.message, refused.operation_id))
        return _FATAL.get(refused.code) if refused.operation_id is None else None

    def refuse_publish(self, operation_id: str, denial: Denial, now: float) -> CloseCode | None:
        """Queue the error for a refused publish; the code to close with after too many refusals in a row."""
        self.put(error_text(denial.code, denial.message, operation_id, facts_of(denial)))
        if not isinstance(denial, TooManyRequests):
            return None
        refusals = self._strikes.add(now, denial.retry_after or 0)
        return CloseCode.TOO_FAST if refusals > self._limits.refusals else None

    def publish_taken(self) -> None:
        self.in_flight += 1

    def publish_settled(self, operation_id: str, outcome: PublishReceipt | BaseException) -> None:
        """Queue the answer to a publish that was taken: its receipt, or the error it ended with."""
        self.in_flight -= 1
        if isinstance(outcome, PublishReceipt):
            self.put(ack_text(operation_id, *outcome))
        elif isinstance(outcome, Denial):
            self.put(error_text(outcome.code, outcome.message, operation_id, facts_of(outcome)))
        else:
            self.put(error_text("internal_error", "the update was not kept", operation_id))

    @property
    def is_full(self) -> bool:
        """Whether the client's next frame has to wait: a client that does not read its answers is not read from."""
        return self.closing is None and max(self.in_flight, len(self._outbox)) >= IN_FLIGHT

    # --- to the client

    def put(self, text: str) -> None:
        """Queue a frame for this client alone; dropped when its right has ended."""
        if self.closing is None or not takes_right(self.closing):
            self._outbox.append(text)

    def take(self) -> str | None:
        """The oldest queued frame, None when there is none."""
        return self._outbox.popleft() if self._outbox else None

    @property
    def has_words(self) -> bool:
        return bool(self._outbox)

    def end(self, code: CloseCode) -> bool:
        """Take nothing more from the client, and drop what is queued if it lost its right; False if ended already."""
        if self.closing is not None:
            return False
        self.closing = code
        if takes_right(code):
            self._outbox.clear()
        return True


def facts_of(denial: Denial) -> dict[str, object]:
    """The fields of a refusal beside its code and message."""
    pause = {} if denial.retry_after is None else {"retry_after": denial.retry_after}
    return {**denial.extra, **pause}
