"""Anthropic Messages: input excludes the cache, thinking is inside the output.

`iterations` lists the passes of one request. Those of type `message` add up to the top level; `compaction` and
`advisor_message` are added to it, the latter on another model.
"""

from typing import Final

from billing.pricing.classes import Tokens
from billing.pricing.context import normalized
from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens.counts import Body, count, entries, section, word
from billing.pricing.tokens.reading import Pass, UsageReading

ITERATIONS_MAX: Final = 1_000


def read(usage: Body) -> UsageReading:
    top = _tokens(usage)
    units = {"web_search": count(section(usage, "server_tool_use"), "web_search_requests")}
    context = normalized({name: word(usage, name) for name in ("service_tier", "speed", "inference_geo")})
    return UsageReading(
        _passes(top, entries(usage, "iterations", at_most=ITERATIONS_MAX)),
        {name: number for name, number in units.items() if number},
        context,
    )


def _passes(top: Tokens, iterations: list[Body]) -> tuple[Pass, ...]:
    if not iterations:
        return (Pass(None, top, top.prompt),)
    messages = Tokens()
    largest = 0
    joined: dict[str | None, Pass] = {}
    for entry in iterations:
        tokens = _tokens(entry)
        if entry.get("type") == "message":
            messages += tokens
            largest = max(largest, tokens.prompt)
        else:
            extra = Pass(_model_of(entry), tokens, tokens.prompt)
            joined[extra.model] = joined[extra.model].joined(extra) if extra.model in joined else extra
    if _without_thinking(messages) != _without_thinking(top):
        raise Quarantined(Code.ITERATIONS_DISAGREE, "iterations")
    own = Pass(None, top, largest)
    compaction = joined.pop(None, None)
    return (own.joined(compaction) if compaction else own, *joined.values())


def _model_of(entry: Body) -> str | None:
    """None stands for the requested model, which also runs compactions."""
    kind = entry.get("type")
    if kind == "compaction":
        return None
    if kind != "advisor_message":
        raise Quarantined(Code.ITERATION_UNKNOWN, "iterations.type")
    model = entry.get("model")
    if not isinstance(model, str) or not 0 < len(model) <= 200:
        raise Quarantined(Code.ITERATION_UNKNOWN, "iterations.model")
    return model


def _tokens(body: Body) -> Tokens:
    short, long = _cache_writes(body)
    output = count(body, "output_tokens", is_required=True)
    thinking = count(section(body, "output_tokens_details"), "thinking_tokens")
    if thinking > output:
        raise Quarantined(Code.REASONING_EXCEEDS_OUTPUT, "output_tokens_details.thinking_tokens")
    return Tokens(
        input=count(body, "input_tokens", is_required=True),
        cache_read=count(body, "cache_read_input_tokens"),
        cache_write_5m=short,
        cache_write_1h=long,
        output=output - thinking,
        reasoning=thinking,
    )


def _cache_writes(body: Body) -> tuple[int, int]:
    """Tokens written for five minutes and for an hour; older bodies have no split, and all are for five minutes."""
    total = count(body, "cache_creation_input_tokens")
    if body.get("cache_creation") is None:
        return total, 0
    split = section(body, "cache_creation")
    short, long = count(split, "ephemeral_5m_input_tokens"), count(split, "ephemeral_1h_input_tokens")
    if body.get("cache_creation_input_tokens") is not None and short + long != total:
        raise Quarantined(Code.CACHE_WRITES_DISAGREE, "cache_creation")
    return short, long


def _without_thinking(tokens: Tokens) -> tuple[int, ...]:
    """The counts with thinking inside the output, for comparison: only the top level may state it separately."""
    prompt = (tokens.input, tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h)
    return (*prompt, tokens.output + tokens.reasoning)
