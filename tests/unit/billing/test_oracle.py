"""genai-prices as an oracle: what it computes for usage of its own models is what we charge, to the micro-cent."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from genai_prices import types
from genai_prices.data import providers
from hypothesis import given
from hypothesis import strategies as st

from billing.management.genai import price_list_from_package
from billing.pricing.book import PriceBook
from billing.pricing.classes import Tokens
from billing.pricing.cost import cost_of
from billing.pricing.prices import PricedModel
from billing.services.prices import BUNDLED, price_list_of_file
from tests.unit.billing.vectors import NOW

BUNDLED_LIST = price_list_of_file(BUNDLED)
TAKEN = ("anthropic", "openai", "google", "x-ai", "deepseek", "groq", "mistral")
MODELS = [model for model in BUNDLED_LIST.models if model.provider in TAKEN]
THEIRS = {(provider.id, model.id): (provider, model) for provider in providers for model in provider.models}
CONTEXTS = [
    ({}, {}),
    ({"service_tier": "batch"}, {"processing": "batch"}),
    ({"service_tier": "flex"}, {"service_tier": "flex"}),
    ({"service_tier": "priority"}, {"service_tier": "priority"}),
    ({"speed": "fast"}, {"speed": "fast"}),
]
counts = st.integers(0, 400_000)
BOOK = PriceBook([(1, BUNDLED_LIST.models)])


def theirs(model: PricedModel, tokens: Tokens, context: dict[str, str]) -> int:
    """Their price of the same usage, in micro-cents, rounded half up once."""
    provider, info = THEIRS[(model.provider, model.model)]
    usage = types.Usage(
        input_tokens=tokens.prompt,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write_5m + tokens.cache_write_1h,
        cache_write_1h_tokens=tokens.cache_write_1h,
        output_tokens=tokens.output + tokens.reasoning,
        output_reasoning_tokens=tokens.reasoning,
    )
    price = info.calc_price(usage, provider, genai_request_timestamp=NOW, price_context=context).total_price
    return int((Decimal(price) * 100_000_000).to_integral_value(ROUND_HALF_UP))


@given(
    model=st.sampled_from(MODELS),
    tokens=st.builds(Tokens, *[counts] * 6),
    contexts=st.sampled_from(CONTEXTS),
)
def test_the_oracle_says_the_same(
    model: PricedModel, tokens: Tokens, contexts: tuple[dict[str, str], dict[str, str]]
) -> None:
    ours, known = contexts
    context = ours if model.terms_at(ours, NOW) else {}
    terms = model.terms_at(context, NOW)
    assert terms is not None
    cost = cost_of(tokens, terms.at(NOW))
    assert cost.micro_cents == theirs(model, tokens, known if context else {})


def test_the_bundled_list_is_what_the_package_says_on_its_day() -> None:
    made = price_list_from_package(made_on=BUNDLED_LIST.made_on)
    assert made.source.split()[0] == BUNDLED_LIST.source.split()[0] == "genai-prices"
    assert made.models == BUNDLED_LIST.models


def test_the_bundled_list_is_modest() -> None:
    assert BUNDLED.stat().st_size < 300_000


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-opus-5-20260801", "claude-opus-5"),
        ("anthropic/claude-haiku-5-5", "claude-haiku-5-5"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("gemini-2.5-pro", "gemini-2.5-pro"),
        ("grok-4.5", "grok-4.5"),
        ("deepseek-v4-pro", "deepseek-v4-pro"),
    ],
)
def test_models_that_agents_use_are_in_the_bundled_list(asked: str, known: str) -> None:
    found = BOOK.model_find(asked)
    assert found is not None
    assert found[1].model == known
