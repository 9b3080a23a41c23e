"""OpenAI Chat Completions, and other providers that use its format.

OpenAI's own completions include the reasoning. xAI's and those of Gemini's compatible endpoint do not: there the part
of the total beyond prompt and completion is the reasoning, whether or not it is named.
"""

from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens.counts import Body, count, section
from billing.pricing.tokens.openai import split
from billing.pricing.tokens.reading import UsageReading, single


def read(usage: Body) -> UsageReading:
    prompt, completion = (count(usage, name, is_required=True) for name in ("prompt_tokens", "completion_tokens"))
    beside = _beside(usage, prompt + completion)
    details = section(usage, "completion_tokens_details")
    reasoning = count(details, "reasoning_tokens")
    if beside and details.get("reasoning_tokens") is not None and reasoning != beside:
        raise Quarantined(Code.TOTAL_DISAGREES, "total_tokens")
    return single(
        split(prompt, section(usage, "prompt_tokens_details"), completion + beside, beside if beside else reasoning)
    )


def _beside(usage: Body, parts: int) -> int:
    """How many tokens of the total exceed prompt and completion."""
    if usage.get("total_tokens") is None:
        return 0
    beside = count(usage, "total_tokens") - parts
    if beside < 0:
        raise Quarantined(Code.TOTAL_DISAGREES, "total_tokens")
    return beside
