"""Streams of chat completions: chunks, a reason, usage, `[DONE]`."""

from typing import Any, Final

import msgspec

from gateway.wire.answering.events import Event, event_bytes
from gateway.wire.answering.watching import Findings, Kind, Seen

REASONS: Final = frozenset({"stop", "length", "tool_calls", "function_call", "content_filter"})
_DONE: Final = b"[DONE]"


class _Choice(msgspec.Struct):
    delta: Any = None
    finish_reason: Any = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: dict[str, Any] | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")
    service_tier: Any = None


_chunk: Final = msgspec.json.Decoder(_Chunk)


class ChatWatcher:
    """See `watching.Watcher`."""

    def __init__(self, prompt: int, *, shows_usage: bool) -> None:
        self.found = Findings()
        self._prompt = prompt
        self._shows_usage = shows_usage
        self._has_unknown = False

    def see(self, event: Event) -> Seen:
        if event.data is None:
            return Seen(Kind.QUIET, event.raw)
        if event.data.strip() == _DONE:
            return self._done(event)
        try:
            chunk = _chunk.decode(event.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Seen(Kind.CONTENT, event.raw)
        if bytes(chunk.error) != b"null":
            self.found.error = event.data
            return Seen(Kind.FAILED, event.raw)
        return self._chunk(chunk, event)

    def estimate(self) -> dict[str, Any]:
        written = self.found.tokens_written
        return {
            "prompt_tokens": self._prompt,
            "completion_tokens": written,
            "total_tokens": self._prompt + written,
        }

    def _chunk(self, chunk: _Chunk, event: Event) -> Seen:
        found = self.found
        if isinstance(chunk.service_tier, str):
            found.context = {"service_tier": chunk.service_tier}
        if chunk.usage is not None:
            found.usage, found.is_final = chunk.usage, True
        has_content = False
        for choice in chunk.choices or ():
            has_content |= self._choice(choice)
        if chunk.usage is not None and not chunk.choices and not self._shows_usage:
            return Seen(Kind.DROPPED, b"")
        return Seen(Kind.CONTENT if has_content else Kind.QUIET, event.raw)

    def _choice(self, choice: _Choice) -> bool:
        """Whether it has any content."""
        if choice.finish_reason is not None:
            is_known = choice.finish_reason in REASONS
            self._has_unknown |= not is_known
            self.found.is_known_reason = not self._has_unknown
        written = _characters(choice.delta)
        if written:
            self.found.wrote(written)
        return bool(written) or choice.finish_reason is not None

    def _done(self, event: Event) -> Seen:
        found = self.found
        found.is_ended = found.is_known_reason
        if not found.is_ended:
            return Seen(Kind.FAILED, event.raw)
        raw = event.raw
        if found.usage is None and self._shows_usage:
            chunk = {"object": "chat.completion.chunk", "choices": [], "usage": self.estimate()}
            raw = event_bytes(msgspec.json.encode(chunk)) + raw
        return Seen(Kind.LAST, raw)


def _characters(delta: Any) -> int:
    """How much a delta writes, its role aside."""
    if not isinstance(delta, dict):
        return 0
    return sum(_length(value) for name, value in delta.items() if name != "role")


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return len(msgspec.json.encode(value)) if value else 0
