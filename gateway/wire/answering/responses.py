"""Streams of responses: typed events, of which the last holds the whole response with its usage."""

from typing import Any, Final

import msgspec

from gateway.wire.answering.events import Event, event_bytes
from gateway.wire.answering.watching import Findings, Kind, Seen

_NULL: Final = msgspec.Raw(b"null")
_LAST: Final = frozenset({"response.completed", "response.incomplete"})
_FAILED: Final = frozenset({"error", "response.failed"})
_QUIET: Final = frozenset({"response.created", "response.in_progress", "response.queued", "keepalive"})
_INCOMPLETE: Final = frozenset({"max_output_tokens", "content_filter"})


class _Details(msgspec.Struct):
    reason: Any = None


class _Response(msgspec.Struct):
    usage: dict[str, Any] | None = None
    incomplete_details: _Details | None = None
    service_tier: Any = None


class _Event(msgspec.Struct):
    type: Any = None
    delta: Any = None
    response: msgspec.Raw = _NULL


_event: Final = msgspec.json.Decoder(_Event)
_response: Final = msgspec.json.Decoder(_Response)
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ResponsesWatcher:
    """See `watching.Watcher`."""

    def __init__(self, prompt: int, *, shows_usage: bool) -> None:
        self.found = Findings()
        self._prompt = prompt

    def see(self, event: Event) -> Seen:
        if event.data is None:
            return Seen(Kind.QUIET, event.raw)
        try:
            said = _event.decode(event.data)
            if said.type in _LAST or said.type in _FAILED:
                return self._end(said, event)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Seen(Kind.CONTENT, event.raw)
        if said.type in _QUIET:
            return Seen(Kind.QUIET, event.raw)
        if isinstance(said.delta, str):
            self.found.wrote(len(said.delta))
        return Seen(Kind.CONTENT, event.raw)

    def estimate(self) -> dict[str, Any]:
        written = self.found.tokens_written
        return {
            "input_tokens": self._prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self._prompt + written,
        }

    def _end(self, said: _Event, event: Event) -> Seen:
        found, data = self.found, event.data or b""
        response = _response.decode(said.response) if bytes(said.response) != b"null" else _Response()
        if isinstance(response.service_tier, str):
            found.context = {"service_tier": response.service_tier}
        if response.usage is not None:
            found.usage, found.is_final = response.usage, True
        if said.type in _FAILED:
            found.error = data
            return Seen(Kind.FAILED, event.raw)
        reason = response.incomplete_details.reason if response.incomplete_details else None
        found.is_known_reason = said.type == "response.completed" or reason in _INCOMPLETE
        found.is_ended = found.is_known_reason
        if not found.is_ended:
            return Seen(Kind.FAILED, event.raw)
        return Seen(Kind.LAST, event.raw if found.usage is not None else self._filled(said, data))

    def _filled(self, said: _Event, data: bytes) -> bytes:
        """The event with the estimate for its usage: agents ask again and again where there is none."""
        event = _fields.decode(data)
        response = _fields.decode(said.response) | {"usage": msgspec.Raw(msgspec.json.encode(self.estimate()))}
        event["response"] = msgspec.Raw(msgspec.json.encode(response))
        return event_bytes(msgspec.json.encode(event), said.type)
