"""OpenAI Responses: the output includes the reasoning, and the total is prompt and output."""

from billing.pricing.tokens.counts import Body, check_total, count, section
from billing.pricing.tokens.openai import split
from billing.pricing.tokens.reading import UsageReading, single


def read(usage: Body) -> UsageReading:
    prompt, output = (count(usage, name, is_required=True) for name in ("input_tokens", "output_tokens"))
    check_total(usage, "total_tokens", prompt + output)
    reasoning = count(section(usage, "output_tokens_details"), "reasoning_tokens")
    return single(split(prompt, section(usage, "input_tokens_details"), output, reasoning))
