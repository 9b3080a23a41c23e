"""Streams of messages: usage in two parts, of which the first only holds the place of the output's."""

from typing import Any, Final

import msgspec

from gateway.wire.answering.events import Event, event_bytes
from gateway.wire.answering.watching import Findings, Kind, Seen

REASONS: Final = frozenset(
    {"end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded"}
)
_QUIET: Final = frozenset({"ping", "content_block_stop"})


class _Message(msgspec.Struct):
    usage: dict[str, Any] | None = None


class _Event(msgspec.Struct):
    type: Any = None
    message: _Message | None = None
    delta: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


_event: Final = msgspec.json.Decoder(_Event)
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class MessagesWatcher:
    """See `watching.Watcher`."""

    def __init__(self, prompt: int, *, shows_usage: bool) -> None:
        self.found = Findings()
        self._prompt = prompt

    def see(self, event: Event) -> Seen:
        if event.data is None:
            return Seen(Kind.QUIET, event.raw)
        try:
            said = _event.decode(event.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Seen(Kind.CONTENT, event.raw)
        match said.type:
            case "message_start":
                self.found.usage = said.message.usage if said.message else None
                return Seen(Kind.QUIET, event.raw)
            case "message_delta":
                return self._delta(said, event)
            case "message_stop":
                self.found.is_ended = self.found.is_known_reason
                return Seen(Kind.LAST if self.found.is_ended else Kind.FAILED, event.raw)
            case "error":
                self.found.error = event.data
                return Seen(Kind.FAILED, event.raw)
        if said.type in _QUIET:
            return Seen(Kind.QUIET, event.raw)
        self._count(said.delta)
        return Seen(Kind.CONTENT, event.raw)

    def estimate(self) -> dict[str, Any]:
        """The prompt as the beginning reported it; the number of output tokens there is a place holder."""
        started = self.found.usage if self.found.usage is not None else {"input_tokens": self._prompt}
        return {**started, "output_tokens": self.found.tokens_written}

    def _count(self, delta: dict[str, Any] | None) -> None:
        if delta:
            self.found.wrote(sum(_length(name, value) for name, value in delta.items()))

    def _delta(self, said: _Event, event: Event) -> Seen:
        found = self.found
        reason = (said.delta or {}).get("stop_reason")
        if reason is not None:
            found.is_known_reason = reason in REASONS
        reported = {name: value for name, value in (said.usage or {}).items() if value is not None}
        if "output_tokens" in reported:
            found.usage, found.is_final = {**(found.usage or {}), **reported}, True
            return Seen(Kind.CONTENT, event.raw)
        fields = _fields.decode(event.data or b"{}")
        usage = reported | {"output_tokens": found.tokens_written}
        fields["usage"] = msgspec.Raw(msgspec.json.encode(usage))
        return Seen(Kind.CONTENT, event_bytes(msgspec.json.encode(fields), "message_delta"))


def _length(name: str, value: Any) -> int:
    return len(value) if name != "type" and isinstance(value, str) else 0
