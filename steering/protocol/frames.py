"""Frames of a bridge, checked and bounded; and those for it, as JSON text."""

from typing import Annotated, Any, Final

import msgspec

from steering.protocol.commands import RESULTS, CommandState
from steering.protocol.digest import ask_digest
from steering.protocol.states import OUTCOMES, AskState

SUBPROTOCOL: Final = "opencode.bridge.v1"
FRAME_CHARACTERS: Final = 4 * 1024 * 1024
CONTENT_BYTES: Final = 64 * 1024
"""Larger content is not shown, and the ask is for the machine itself."""
OPEN_ASKS: Final = 50
SESSIONS: Final = 500
AGE_MS: Final = 30 * 24 * 3600 * 1000
"""How long ago an ask may have been asked, at most; an older one counts as this old."""
KINDS: Final = ("permission", "question")

Text = Annotated[str, msgspec.Meta(max_length=300)]
Id = Annotated[str, msgspec.Meta(max_length=128, min_length=1, pattern=r"^[A-Za-z0-9_.:@-]+$")]

Run = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
IDLE: Final = "idle"


class BridgeFrameRefused(Exception):
    """A text that is no frame of this protocol, or is out of order; the connection ends."""


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type"):
    """The first frame. `process` and `resume` are those of an earlier welcome, or empty for a new process."""

    process: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    machine: Annotated[str, msgspec.Meta(max_length=300, min_length=1)]
    agent: Text = ""
    bridge: Annotated[str, msgspec.Meta(max_length=40)] = ""
    kind: Annotated[str, msgspec.Meta(max_length=20)] = ""
    mode: str = "watch"
    directory: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    resume: Annotated[str, msgspec.Meta(max_length=100)] = ""


class AskFrame(msgspec.Struct, frozen=True, tag="ask", tag_field="type"):
    """`asked` is how many milliseconds ago; `content` is JSON text, empty for an ask that is too large to be sent."""

    id: Id
    kind: str
    session: Id
    root: Id
    digest: str
    content: str = ""
    asked: int = 0

    @property
    def is_too_large(self) -> bool:
        return not self.content or len(self.content.encode("utf-8", "replace")) > CONTENT_BYTES

    @property
    def age_ms(self) -> int:
        return min(max(self.asked, 0), AGE_MS)

    @property
    def is_well_formed(self) -> bool:
        """Whether it is of a known kind, its content a JSON object, and the digest that of what it says."""
        if self.kind not in KINDS:
            return False
        return self.is_too_large or (_is_object(self.content) and self.digest == self._own_digest)

    @property
    def _own_digest(self) -> str:
        return ask_digest(self.id, self.kind, self.session, self.content)


class SessionStatus(msgspec.Struct, frozen=True):
    """`run` is the bridge's name for what the session does now, a new one each time that it begins to work."""

    root: Annotated[str, msgspec.Meta(max_length=128)] = ""
    status: Annotated[str, msgspec.Meta(max_length=20)] = ""
    run: Run = ""


class OpenFrame(msgspec.Struct, frozen=True, tag="open", tag_field="type"):
    """Everything the process waits for now: what is missing has ended. The first frame after every welcome."""

    asks: Annotated[list[AskFrame], msgspec.Meta(max_length=OPEN_ASKS)]
    sessions: Annotated[dict[Id, SessionStatus], msgspec.Meta(max_length=SESSIONS)] = {}
    nonce: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ResolvedFrame(msgspec.Struct, frozen=True, tag="resolved", tag_field="type"):
    id: Id
    outcome: str

    @property
    def state(self) -> AskState:
        """How it ended; `withdrawn` for an outcome this console does not know."""
        return AskState(self.outcome) if self.outcome in OUTCOMES else AskState.WITHDRAWN


class StatusFrame(msgspec.Struct, frozen=True, tag="status", tag_field="type"):
    """A session of this process is busy, retrying or idle. An idle one waits for nothing."""

    session: Id
    root: Id
    status: Annotated[str, msgspec.Meta(max_length=20)]
    run: Run = ""


class PingFrame(msgspec.Struct, frozen=True, tag="ping", tag_field="type"):
    """The agent lives. A command carries the newest `nonce`, by which the bridge knows how old it is."""

    nonce: Annotated[str, msgspec.Meta(max_length=64)] = ""


class TookFrame(msgspec.Struct, frozen=True, tag="took", tag_field="type"):
    """The bridge has the command, and will say what became of it."""

    id: Id


class ResultFrame(msgspec.Struct, frozen=True, tag="result", tag_field="type"):
    id: Id
    outcome: str
    detail: Annotated[str, msgspec.Meta(max_length=500)] = ""

    @property
    def state(self) -> CommandState:
        """What became of it; `failed` for an outcome that this console does not know."""
        return CommandState(self.outcome) if self.outcome in RESULTS else CommandState.FAILED


class ByeFrame(msgspec.Struct, frozen=True, tag="bye", tag_field="type"):
    """The agent ends; what it waited for is lost with it."""


BridgeFrame = (
    Hello | AskFrame | OpenFrame | ResolvedFrame | StatusFrame | PingFrame | TookFrame | ResultFrame | ByeFrame
)
_decoder: Final[msgspec.json.Decoder[BridgeFrame]] = msgspec.json.Decoder(BridgeFrame)
_KNOWN: Final = frozenset({"hello", "ask", "open", "resolved", "status", "ping", "took", "result", "bye"})


class _Typed(msgspec.Struct):
    type: str


_decode_type = msgspec.json.Decoder(_Typed).decode


def read_frame(text: str | None) -> BridgeFrame | None:
    """The frame in a bridge's message; None for a type that this console does not know.

    Raises BridgeFrameRefused for everything else that is no frame.
    """
    if text is None or len(text) > FRAME_CHARACTERS:
        raise BridgeFrameRefused("a frame is text, of at most 4 MB")
    try:
        if _decode_type(text).type not in _KNOWN:
            return None
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BridgeFrameRefused(str(error)[:200]) from None


def welcome_text(*, process: str, resume: str, heartbeat: float, device: str, ceiling: str) -> str:
    return _text(
        {
            "type": "welcome",
            "protocol": SUBPROTOCOL,
            "process": process,
            "resume": resume,
            "heartbeat": heartbeat,
            "device": device,
            "ceiling": ceiling,
        }
    )


def command_text(command: dict[str, Any], *, nonce: str) -> str:
    """The frame `command`; `nonce` is the bridge's newest."""
    return _text({"type": "command", **command, "nonce": nonce})


def heartbeat_text() -> str:
    return '{"type":"heartbeat"}'


def _is_object(text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False


def _text(frame: dict[str, Any]) -> str:
    return msgspec.json.encode(frame).decode()
