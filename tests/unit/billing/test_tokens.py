"""Classes of each wire format, and the bodies that are quarantined instead of charged."""

from typing import Any

import pytest

from billing.pricing.classes import Tokens
from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens import COUNT_MAX, usage_read
from billing.pricing.tokens.anthropic import ITERATIONS_MAX

ADVISOR = {"type": "advisor_message", "model": "claude-opus-4-8", "input_tokens": 7, "output_tokens": 3}
COMPACTION = {"type": "compaction", "input_tokens": 100, "output_tokens": 9}
MESSAGE = {"type": "message", "input_tokens": 10, "output_tokens": 2}
ANTHROPIC = {"input_tokens": 10, "output_tokens": 2}
CHAT = {"prompt_tokens": 10, "completion_tokens": 5}
RESPONSES = {"input_tokens": 10, "output_tokens": 5}
GOOGLE = {"promptTokenCount": 10, "candidatesTokenCount": 5}
BEDROCK = {"inputTokens": 10, "outputTokens": 5}

QUARANTINED: list[tuple[str, Any, Code]] = [
    ("morse", {}, Code.FORMAT_UNKNOWN),
    ("anthropic", [], Code.BODY_MALFORMED),
    ("anthropic", None, Code.BODY_MALFORMED),
    ("anthropic", {"input_tokens": 1}, Code.COUNT_MISSING),
    ("anthropic", {"output_tokens": 1}, Code.COUNT_MISSING),
    ("anthropic", ANTHROPIC | {"input_tokens": True}, Code.COUNT_NOT_INTEGER),
    ("anthropic", ANTHROPIC | {"input_tokens": "10"}, Code.COUNT_NOT_INTEGER),
    ("anthropic", ANTHROPIC | {"input_tokens": 10.0}, Code.COUNT_NOT_INTEGER),
    ("anthropic", ANTHROPIC | {"input_tokens": float("nan")}, Code.COUNT_NOT_INTEGER),
    ("anthropic", ANTHROPIC | {"input_tokens": COUNT_MAX + 1}, Code.COUNT_TOO_LARGE),
    ("anthropic", ANTHROPIC | {"cache_read_input_tokens": -1}, Code.COUNT_NEGATIVE),
    ("anthropic", ANTHROPIC | {"cache_creation": 5}, Code.BODY_MALFORMED),
    (
        "anthropic",
        ANTHROPIC | {"cache_creation_input_tokens": 5, "cache_creation": {"ephemeral_5m_input_tokens": 4}},
        Code.CACHE_WRITES_DISAGREE,
    ),
    ("anthropic", ANTHROPIC | {"output_tokens_details": {"thinking_tokens": 3}}, Code.REASONING_EXCEEDS_OUTPUT),
    ("anthropic", ANTHROPIC | {"iterations": [COMPACTION]}, Code.ITERATIONS_DISAGREE),
    ("anthropic", ANTHROPIC | {"iterations": [MESSAGE, MESSAGE]}, Code.ITERATIONS_DISAGREE),
    ("anthropic", ANTHROPIC | {"iterations": [MESSAGE, {**MESSAGE, "type": "dream"}]}, Code.ITERATION_UNKNOWN),
    ("anthropic", ANTHROPIC | {"iterations": [MESSAGE, {**ADVISOR, "model": None}]}, Code.ITERATION_UNKNOWN),
    ("anthropic", ANTHROPIC | {"iterations": [MESSAGE, {**ADVISOR, "model": "m" * 201}]}, Code.ITERATION_UNKNOWN),
    ("anthropic", ANTHROPIC | {"iterations": [MESSAGE, "text"]}, Code.BODY_MALFORMED),
    ("anthropic", ANTHROPIC | {"iterations": [MESSAGE] * (ITERATIONS_MAX + 1)}, Code.BODY_MALFORMED),
    (
        "anthropic",
        ANTHROPIC | {"iterations": [MESSAGE, *[{**COMPACTION, "input_tokens": COUNT_MAX}] * 3]},
        Code.COUNT_TOO_LARGE,
    ),
    ("openai_chat", CHAT | {"total_tokens": 14}, Code.TOTAL_DISAGREES),
    ("openai_chat", CHAT | {"completion_tokens_details": {"reasoning_tokens": 6}}, Code.REASONING_EXCEEDS_OUTPUT),
    (
        "openai_chat",
        CHAT | {"total_tokens": 18, "completion_tokens_details": {"reasoning_tokens": 2}},
        Code.TOTAL_DISAGREES,
    ),
    (
        "openai_chat",
        CHAT | {"prompt_tokens_details": {"cached_tokens": 6, "cache_write_tokens": 5}},
        Code.CACHED_EXCEEDS_PROMPT,
    ),
    ("openai_responses", RESPONSES | {"total_tokens": 16}, Code.TOTAL_DISAGREES),
    ("openai_responses", RESPONSES | {"total_tokens": 15.0}, Code.COUNT_NOT_INTEGER),
    ("google", GOOGLE | {"cachedContentTokenCount": 11}, Code.CACHED_EXCEEDS_PROMPT),
    ("google", GOOGLE | {"thoughtsTokenCount": 3, "totalTokenCount": 15}, Code.TOTAL_DISAGREES),
    ("bedrock", BEDROCK | {"cacheReadInputTokens": 3, "totalTokens": 15}, Code.TOTAL_DISAGREES),
    (
        "bedrock",
        BEDROCK | {"cacheWriteInputTokens": 3, "cacheDetails": [{"inputTokens": 2, "ttl": "5m"}]},
        Code.CACHE_WRITES_DISAGREE,
    ),
]


@pytest.mark.parametrize(("wire_format", "usage", "code"), QUARANTINED)
def test_body_that_does_not_add_up_is_quarantined(wire_format: str, usage: Any, code: Code) -> None:
    with pytest.raises(Quarantined) as raised:
        usage_read(wire_format, usage)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("wire_format", "usage", "tokens"),
    [
        ("openai_chat", CHAT | {"total_tokens": 17}, Tokens(input=10, output=5, reasoning=2)),
        ("openai_chat", CHAT | {"prompt_tokens_details": None, "total_tokens": None}, Tokens(input=10, output=5)),
        ("google", {"promptTokenCount": 10, "totalTokenCount": 10}, Tokens(input=10)),
        (
            "bedrock",
            BEDROCK
            | {
                "cacheWriteInputTokens": 3,
                "cacheDetails": [{"inputTokens": 2, "ttl": "1h"}, {"inputTokens": 1, "ttl": "5m"}],
            },
            Tokens(input=10, cache_write_5m=1, cache_write_1h=2, output=5),
        ),
    ],
)
def test_body_gives_its_classes(wire_format: str, usage: Any, tokens: Tokens) -> None:
    (done,) = usage_read(wire_format, usage).passes
    assert done.tokens == tokens


def test_compaction_joins_the_asked_model_and_an_advisor_has_its_own_row() -> None:
    own, advisor = usage_read("anthropic", ANTHROPIC | {"iterations": [COMPACTION, MESSAGE, ADVISOR, ADVISOR]}).passes
    assert (own.model, own.tokens) == (None, Tokens(input=110, output=11))
    assert (advisor.model, advisor.tokens) == ("claude-opus-4-8", Tokens(input=14, output=6))


def test_a_model_that_ran_twice_has_the_larger_prompt_not_the_sum() -> None:
    usage = {"input_tokens": 30, "output_tokens": 4}
    iterations = [{**MESSAGE, "input_tokens": 10}, {**MESSAGE, "input_tokens": 20}]
    (own,) = usage_read("anthropic", usage | {"iterations": iterations}).passes
    assert (own.tokens.prompt, own.prompt) == (30, 20)


def test_what_a_provider_says_it_costs_is_not_added_to_what_its_tokens_cost() -> None:
    """OpenRouter names two costs, one inside the other; here tokens alone are priced."""
    said = {"cost": 0.01, "cost_details": {"upstream_inference_cost": 0.02}, "is_byok": True}
    usage = CHAT | {"total_tokens": 15}
    assert usage_read("openai_chat", usage | said) == usage_read("openai_chat", usage)
    assert usage_read("openai_chat", usage | said).units == {}


@pytest.mark.parametrize(
    ("said", "context"),
    [
        ({"service_tier": "standard", "inference_geo": "global"}, {}),
        ({"service_tier": "batch"}, {"service_tier": "batch"}),
        ({"speed": "fast", "inference_geo": "us"}, {"region": "us", "speed": "fast"}),
        ({"service_tier": 5}, {}),
    ],
)
def test_how_a_request_was_served_is_what_the_answer_reports(said: Any, context: dict[str, str]) -> None:
    assert usage_read("anthropic", ANTHROPIC | said).context == context


def test_searches_are_counted_and_fetches_are_free() -> None:
    usage = ANTHROPIC | {"server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 9}}
    assert usage_read("anthropic", usage).units == {"web_search": 2}
