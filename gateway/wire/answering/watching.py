"""The watcher of a form's streams, and the watcher's results in the words all forms share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, NamedTuple, Protocol

from gateway.wire.answering.events import Event

CHARACTERS_A_TOKEN: Final = 4


class Kind(Enum):
    """What is done with an event.

    QUIET ones may be held back until there is CONTENT, so that another provider can still be tried. LAST is forwarded
    when the call is settled. FAILED ends the stream.
    """

    QUIET = auto()
    CONTENT = auto()
    DROPPED = auto()
    LAST = auto()
    FAILED = auto()


class Seen(NamedTuple):
    """An event's kind, and what is forwarded of it."""

    kind: Kind
    raw: bytes


@dataclass(slots=True)
class Findings:
    """What a stream has said so far. `usage` is the provider's own object, None while it has not said any.

    `is_final`: the usage is that of the whole answer. `is_ended`: the form's last event came, with a reason that
    clients know. `written` counts characters of output. `context` is how it says it was served. `error` is a failure's
    body.
    """

    usage: dict[str, Any] | None = None
    is_final: bool = False
    is_ended: bool = False
    is_known_reason: bool = False
    was_blocked: bool = False
    written: int = 0
    pieces: int = 0
    error: bytes = b""
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def tokens_written(self) -> int:
        """About how many tokens were written: no fewer than there were pieces of output."""
        return max(self.pieces, self.written // CHARACTERS_A_TOKEN)

    def wrote(self, characters: int) -> None:
        self.written += characters
        self.pieces += 1


class Watcher(Protocol):
    """Looks at each event of one stream. `prompt` is the estimate of its prompt's tokens.

    `see` may return an event with usage filled in, where the provider left out what clients need. `estimate` is a usage
    object in the form's own words, of what was reported and what was seen.
    """

    found: Findings

    def __init__(self, prompt: int, *, shows_usage: bool) -> None: ...

    def see(self, event: Event) -> Seen: ...

    def estimate(self) -> dict[str, Any]: ...
