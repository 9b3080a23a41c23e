"""Costs, their parts and ceilings, for any counts and prices: integers that add up and never lie below."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.ceiling import ceiling_of
from billing.pricing.classes import INPUT_CLASSES, OUTPUT_CLASSES, TOKEN_CLASSES, Tokens
from billing.pricing.cost import PER, cost_of, largest_remainder, rounded
from billing.pricing.fees import fee_cents
from billing.pricing.pricereading import PRICE_MAX
from billing.pricing.prices import Price, Tier
from billing.pricing.quarantine import Code, Quarantined
from billing.pricing.tokens import COUNT_MAX
from tests.unit.billing.vectors import MONEY

BIGINT_MAX = 2**63 - 1
counts = st.integers(0, COUNT_MAX)
rates = st.fixed_dictionaries({name: st.integers(0, PRICE_MAX) for name in TOKEN_CLASSES})
tokens = st.builds(Tokens, *[counts] * 6)
starts = st.lists(st.integers(1, 4 * COUNT_MAX), max_size=3, unique=True).map(sorted)
prices = st.builds(
    lambda base, tiers, search: Price(base, tiers, {"web_search": search}),
    rates,
    starts.flatmap(lambda found: st.tuples(*[st.builds(Tier, st.just(start), rates) for start in found])),
    st.integers(0, PRICE_MAX),
)
searches = st.integers(0, 1000).map(lambda number: {"web_search": number})


@given(tokens=tokens, price=prices, units=searches)
def test_parts_add_up_and_nothing_is_negative(tokens: Tokens, price: Price, units: dict[str, int]) -> None:
    cost = cost_of(tokens, price, units=units)
    assert sum(part.micro_cents for part in cost.parts) == cost.micro_cents
    assert sum(part.numerator for part in cost.parts) == cost.numerator
    for part in cost.parts:
        assert part.micro_cents >= 0
        assert abs(part.micro_cents * PER - part.numerator) < PER


@given(tokens=tokens, price=prices, units=searches)
def test_cost_is_rounded_once_half_up_and_fits_a_bigint(tokens: Tokens, price: Price, units: dict[str, int]) -> None:
    cost = cost_of(tokens, price, units=units)
    assert cost.micro_cents == (2 * cost.numerator + PER) // (2 * PER)
    assert 0 <= cost.micro_cents <= BIGINT_MAX
    assert {type(value) for part in cost.parts for value in (part.count, part.price, part.micro_cents)} <= {int}


@given(tokens=tokens, all_prices=st.lists(prices, min_size=1, max_size=3), units=searches, data=st.data())
def test_no_request_costs_more_than_its_ceiling(
    tokens: Tokens, all_prices: list[Price], units: dict[str, int], data: st.DataObject
) -> None:
    prompt = tokens.prompt + data.draw(counts)
    output = tokens.output + tokens.reasoning + data.draw(counts)
    most = {"web_search": units["web_search"] + data.draw(st.integers(0, 9))}
    ceiling = ceiling_of(all_prices, prompt=prompt, output=output, units=most)
    assert all(cost_of(tokens, price, units=units).micro_cents <= ceiling for price in all_prices)


@given(price=prices, prompt=counts, output=counts, classes=st.tuples(st.integers(0, 3), st.integers(0, 1)))
def test_a_whole_prompt_of_any_one_class_stays_below_the_ceiling(
    price: Price, prompt: int, output: int, classes: tuple[int, int]
) -> None:
    used = Tokens(**{INPUT_CLASSES[classes[0]]: prompt, OUTPUT_CLASSES[classes[1]]: output})
    assert cost_of(used, price).micro_cents <= ceiling_of([price], prompt=prompt, output=output)


@given(tokens=tokens, more=tokens, price=rates.map(Price))
def test_more_tokens_never_cost_less(tokens: Tokens, more: Tokens, price: Price) -> None:
    assert cost_of(tokens + more, price).micro_cents >= cost_of(tokens, price).micro_cents


@given(st.lists(st.integers(0, 10**20), max_size=8))
def test_shares_are_each_less_than_one_off(numerators: list[int]) -> None:
    total = rounded(sum(numerators))
    shares = largest_remainder(numerators, total)
    assert sum(shares) == total
    assert all(abs(share * PER - exact) < PER for share, exact in zip(shares, numerators, strict=True))


def test_largest_remainder_gets_what_is_left() -> None:
    assert largest_remainder([400_000, 700_000, 400_000], 2) == [1, 1, 0]


def test_tier_counts_for_the_whole_request_from_its_first_token_on() -> None:
    base, above = (dict.fromkeys(TOKEN_CLASSES, price) for price in (PER, 3 * PER))
    price = Price(base, (Tier(200_001, above),))
    assert cost_of(Tokens(input=200_000), price).micro_cents == 200_000
    higher = cost_of(Tokens(input=150_000, cache_read=50_001), price)
    assert (higher.micro_cents, higher.tier_start) == (600_003, 200_001)


def test_a_unit_without_a_price_is_not_free() -> None:
    with pytest.raises(Quarantined) as raised:
        cost_of(Tokens(), Price({}), units={"web_search": 1})
    assert raised.value.code == Code.UNIT_WITHOUT_PRICE
    with pytest.raises(Quarantined):
        ceiling_of([Price({})], prompt=0, output=0, units={"web_search": 1})


LARGE, TIERED, ABOVE = MONEY["ceiling"]


@pytest.mark.parametrize(
    ("vector", "price"),
    [
        (LARGE, Price(LARGE["prices"])),
        (TIERED, Price(TIERED["prices_base"], (Tier(100_001, TIERED["prices_tier"]),))),
        (ABOVE, Price(TIERED["prices_base"], (Tier(100_001, TIERED["prices_tier"]),))),
    ],
)
def test_ceiling_vector(vector: dict[str, Any], price: Price) -> None:
    found = ceiling_of([price], prompt=vector["prompt_upper"], output=vector["max_output"])
    assert found == vector["ceiling_micro_cents"]


@pytest.mark.parametrize("vector", MONEY["fee_cents"], ids=lambda vector: str(vector["credit_cents"]))
def test_fee_vector(vector: dict[str, int]) -> None:
    assert fee_cents(vector["credit_cents"]) == vector["fee_cents"]
