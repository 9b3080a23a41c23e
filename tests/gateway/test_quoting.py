"""The ceiling of a call, by the price list of the tests."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from billing.pricing.book import PriceBook
from billing.services.prices import price_list_of_file
from gateway.errors import FeatureUnpriced, PriceMissing
from gateway.relay.quoting import Quote, quote_of
from gateway.selectors.routing import Route
from gateway.selectors.shelves import ServedModel
from gateway.wire.asking.reading import ask_read
from gateway.wire.paths import target_of
from tests.support.gateway import MODELS, PRICES, body_of, path_of

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return PriceBook([(1, price_list_of_file(PRICES).models)])


def quoted(book: PriceBook, form: str, *, context: int = 1_000_000, price: str = "", **body: Any) -> Quote:
    data = json.dumps(body_of(form, **body)).encode()
    target = target_of(f"/gw/wrk_1/v1/{path_of(form).split('?')[0]}")
    assert target is not None
    slug, kind, named = MODELS[form]
    model = ServedModel("m", slug, slug, kind, "", slug, price or named, (form,), context, 32_000, True)
    return quote_of(ask_read(target, data), Route(model, (), None, None), len(data), book, NOW)


def test_ceiling_is_of_the_worst_tier_that_the_prompt_can_reach(book: PriceBook) -> None:
    low = quoted(book, "generate", cap=1, text="a" * 150_000)
    high = quoted(book, "generate", cap=1, text="a" * 250_000)
    assert low.ceiling() == low.prompt * 125 + 1_000
    assert high.ceiling() == high.prompt * 250 + 1_500


def test_ceiling_knows_no_more_than_the_context(book: PriceBook) -> None:
    assert quoted(book, "chat", text="a" * 500_000, context=100_000).prompt == 100_000


def test_writing_for_an_hour_is_reserved_where_it_is_asked_for(book: PriceBook) -> None:
    plain = quoted(book, "messages", cap=1)
    long = quoted(book, "messages", cap=1, cache_control={"type": "ephemeral", "ttl": "1h"})
    assert plain.ceiling() == plain.prompt * 375 + 1_500
    assert long.ceiling() == long.prompt * 600 + 1_500


def test_every_choice_may_write_the_whole_cap(book: PriceBook) -> None:
    one, three = quoted(book, "chat", cap=2_000), quoted(book, "chat", cap=2_000, n=3)
    assert three.ceiling() - one.ceiling() == pytest.approx(4_000 * 1_000, abs=3_000)


def test_other_tiers_of_service_are_reserved_at_the_dearest(book: PriceBook) -> None:
    usual, fast = quoted(book, "chat"), quoted(book, "chat", service_tier="fast")
    assert fast.ceiling() > 1.9 * usual.ceiling()
    with pytest.raises(FeatureUnpriced):
        quoted(book, "chat", service_tier="scale")


def test_searches_read_the_prompt_again_and_cost_by_the_call(book: PriceBook) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}]
    plain, searching = quoted(book, "messages", cap=1), quoted(book, "messages", cap=1, tools=tools)
    assert searching.ceiling() == searching.prompt * 3 * 375 + 1_500 + 2 * 1_000_000
    assert plain.ceiling() < searching.ceiling()


def test_model_without_price_is_refused(book: PriceBook) -> None:
    with pytest.raises(PriceMissing):
        quoted(book, "chat", price="openai/unheard-of")


def test_lower_cap_is_the_largest_that_fits(book: PriceBook) -> None:
    quote = quoted(book, "chat", cap=32_000)
    room = quote.ceiling(20_000)
    assert quote.cap_within(room) == 20_000
    assert quote.cap_within(room - 1) == 19_999
    assert quote.cap_within(quote.ceiling(1_024)) == 1_024
    assert quote.cap_within(quote.ceiling(1_024) - 1) is None
    assert quoted(book, "chat", cap=500).cap_within(10**12) is None
