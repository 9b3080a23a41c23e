"""Messages: what a request asks for, and its output cap."""

from typing import Final

from gateway.providers.kinds import Form
from gateway.wire.asking.ask import Ask
from gateway.wire.asking.fields import Fields, count_of, flag_of, object_of, raw, text_of, value_of
from gateway.wire.asking.serving import unpriced_check
from gateway.wire.asking.tools import anthropic_tools_units

_UNPRICED: Final = ("mcp_servers", "container", "fallbacks", "models", "plugins", "provider", "route")


def messages_ask(fields: Fields, body: bytes) -> Ask:
    """`body` is what the fields were read from. Raises CallMalformed, FeatureUnpriced."""
    unpriced_check(fields, _UNPRICED)
    thinking = object_of(fields, "thinking")
    return Ask(
        form=Form.MESSAGES,
        model=text_of(fields, "model"),
        fields=fields,
        is_stream=flag_of(fields, "stream"),
        cap=count_of(fields, "max_tokens"),
        floor=count_of(thinking, "budget_tokens") or 0,
        context={
            "service_tier": text_of(fields, "service_tier").replace("standard_only", ""),
            "speed": text_of(fields, "speed"),
            "inference_geo": text_of(fields, "inference_geo"),
        },
        units=anthropic_tools_units(value_of(fields, "tools")),
        # Without an escape, which may hide it, the hour of `"ttl": "1h"` stands in the body as it is.
        writes_hours=b'"1h"' in body or b"\\u" in body,
    )


def messages_cap(fields: Fields, cap: int) -> None:
    fields["max_tokens"] = raw(cap)
