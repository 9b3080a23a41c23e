"""Gemini: the prompt includes cached tokens; tools' prompts and thoughts are counted apart from the other counts."""

from billing.pricing.classes import Tokens
from billing.pricing.context import normalized
from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens.counts import Body, check_total, count, word
from billing.pricing.tokens.reading import UsageReading, single


def read(usage: Body) -> UsageReading:
    prompt = count(usage, "promptTokenCount", is_required=True)
    cached = count(usage, "cachedContentTokenCount")
    tools = count(usage, "toolUsePromptTokenCount")
    output, thoughts = count(usage, "candidatesTokenCount"), count(usage, "thoughtsTokenCount")
    check_total(usage, "totalTokenCount", prompt + tools + output + thoughts)
    if cached > prompt:
        raise Quarantined(Code.CACHED_EXCEEDS_PROMPT, "cachedContentTokenCount")
    tokens = Tokens(input=prompt - cached + tools, cache_read=cached, output=output, reasoning=thoughts)
    return single(tokens, context=normalized({"service_tier": word(usage, "serviceTier")}))
