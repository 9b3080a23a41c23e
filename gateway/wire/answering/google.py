"""Google's streams: each event a whole answer so far, the last with a reason; nothing marks the end itself."""

from typing import Any, Final

import msgspec

from gateway.wire.answering.events import Event, event_bytes
from gateway.wire.answering.watching import Findings, Kind, Seen

REASONS: Final = frozenset(
    {"STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"}
)


class _Content(msgspec.Struct):
    parts: list[dict[str, Any]] | None = None


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: Any = None


class _Answer(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    usage_metadata: dict[str, Any] | None = None
    prompt_feedback: dict[str, Any] | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


_answer: Final = msgspec.json.Decoder(_Answer)
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class GoogleWatcher:
    """See `watching.Watcher`."""

    def __init__(self, prompt: int, *, shows_usage: bool) -> None:
        self.found = Findings()
        self._prompt = prompt

    def see(self, event: Event) -> Seen:
        if event.data is None:
            return Seen(Kind.QUIET, event.raw)
        found = self.found
        try:
            said = _answer.decode(event.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Seen(Kind.CONTENT, event.raw)
        if said.usage_metadata is not None:
            found.usage = said.usage_metadata
        if bytes(said.error) != b"null":
            found.error = event.data
            return Seen(Kind.FAILED, event.raw)
        if said.prompt_feedback and said.prompt_feedback.get("blockReason"):
            found.was_blocked = True
            return Seen(Kind.FAILED, event.raw)
        return self._candidates(said, event)

    def estimate(self) -> dict[str, Any]:
        """The prompt as the last event reported it."""
        reported = (self.found.usage or {}).get("promptTokenCount")
        prompt = reported if type(reported) is int else self._prompt
        written = self.found.tokens_written
        return {"promptTokenCount": prompt, "candidatesTokenCount": written, "totalTokenCount": prompt + written}

    def _candidates(self, said: _Answer, event: Event) -> Seen:
        reasons = []
        for candidate in said.candidates or ():
            written = _characters(candidate.content)
            if written:
                self.found.wrote(written)
            if candidate.finish_reason is not None:
                reasons.append(candidate.finish_reason)
        if not reasons:
            return Seen(Kind.CONTENT, event.raw)
        return self._end(reasons, event)

    def _end(self, reasons: list[Any], event: Event) -> Seen:
        found = self.found
        found.is_known_reason = found.is_ended = all(reason in REASONS for reason in reasons)
        if not found.is_ended:
            return Seen(Kind.FAILED, event.raw)
        found.is_final = found.usage is not None
        if found.is_final:
            return Seen(Kind.LAST, event.raw)
        fields = _fields.decode(event.data or b"{}")
        fields["usageMetadata"] = msgspec.Raw(msgspec.json.encode(self.estimate()))
        return Seen(Kind.LAST, event_bytes(msgspec.json.encode(fields)))


def _characters(content: _Content | None) -> int:
    if content is None or not content.parts:
        return 0
    return sum(_length(value) for part in content.parts for value in part.values())


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return len(msgspec.json.encode(value)) if isinstance(value, dict | list) else 0
