"""Shared by OpenAI's two formats: the prompt includes tokens read from the cache and written to it."""

from billing.pricing.classes import Tokens
from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens.counts import Body, count


def split(prompt: int, prompt_details: Body, output: int, reasoning: int) -> Tokens:
    """Classes of a request whose `output` still includes its `reasoning`. Raises Quarantined."""
    cached, written = count(prompt_details, "cached_tokens"), count(prompt_details, "cache_write_tokens")
    if cached + written > prompt:
        raise Quarantined(Code.CACHED_EXCEEDS_PROMPT, "cached_tokens")
    if reasoning > output:
        raise Quarantined(Code.REASONING_EXCEEDS_OUTPUT, "reasoning_tokens")
    return Tokens(
        input=prompt - cached - written,
        cache_read=cached,
        cache_write_5m=written,
        output=output - reasoning,
        reasoning=reasoning,
    )
