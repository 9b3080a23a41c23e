"""Reads token classes from providers' wire formats, one module each."""

from collections.abc import Callable, Mapping
from typing import Final

from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens import anthropic, bedrock, google, openai_chat, openai_responses
from billing.pricing.tokens.counts import COUNT_MAX, Body
from billing.pricing.tokens.reading import Pass, UsageReading

FORMATS: Final[Mapping[str, Callable[[Body], UsageReading]]] = {
    "anthropic": anthropic.read,
    "bedrock": bedrock.read,
    "google": google.read,
    "openai_chat": openai_chat.read,
    "openai_responses": openai_responses.read,
}


def usage_read(wire_format: str, usage: object) -> UsageReading:
    """Understand a provider's usage object, given as parsed JSON. Raises Quarantined."""
    read = FORMATS.get(wire_format)
    if read is None:
        raise Quarantined(Code.FORMAT_UNKNOWN, "format")
    if not isinstance(usage, Mapping):
        raise Quarantined(Code.BODY_MALFORMED, "usage")
    reading = read(usage)
    for done in reading.passes:
        if sum(done.tokens.by_class().values()) > 2 * COUNT_MAX:
            raise Quarantined(Code.COUNT_TOO_LARGE, "usage")
    return reading


__all__ = ["COUNT_MAX", "FORMATS", "Pass", "UsageReading", "usage_read"]
